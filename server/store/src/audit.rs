//! The audit log: who did what, with the reason given.

use crate::{Id, Tx, sql};
use cadence_base::identity::StaffIdentity;
use uuid::Uuid;

/// One line of the audit log.
pub struct AuditEntry<'a> {
    /// What was done, as a stable word: `check_in_overridden`.
    pub action: &'static str,
    /// The member, visit or subscription that it was done to.
    pub subject: Uuid,
    /// What the person gave as the reason.
    pub reason: Option<&'a str>,
    /// How it was.
    pub before: Option<serde_json::Value>,
    /// How it is now.
    pub after: Option<serde_json::Value>,
}

/// Writes a line, in the transaction of the deed.
pub async fn record(
    tx: &mut Tx,
    actor: &StaffIdentity,
    entry: AuditEntry<'_>,
) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query(
        "INSERT INTO audit
            (id, at, actor_id, actor_name, action, subject_id, reason, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(Id::new(now))
    .bind(now)
    .bind(Id(actor.user.0))
    .bind(&actor.name)
    .bind(entry.action)
    .bind(Id(entry.subject))
    .bind(entry.reason)
    .bind(entry.before.map(|value| value.to_string()))
    .bind(entry.after.map(|value| value.to_string()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
