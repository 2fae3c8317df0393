//! The audit log: who did what, with the reason given.

use crate::{Id, Tx, sql};
use cadence_base::identity::StaffIdentity;
use protocol::{MemberId, VisitId};

/// One line of the audit log.
pub struct AuditEntry<'a> {
    /// What was done, as a stable word: `check_in_overridden`.
    pub action: &'static str,
    /// What it was done to.
    pub subject: AuditSubject,
    /// What the person gave as the reason.
    pub reason: Option<&'a str>,
    /// How it was.
    pub before: Option<serde_json::Value>,
    /// How it is now.
    pub after: Option<serde_json::Value>,
}

/// What a line of the audit log is about.
#[derive(Debug, Clone, Copy)]
pub enum AuditSubject {
    /// A member; a renewed subscription is listed under its member.
    Member(MemberId),
    /// A visit.
    Visit(VisitId),
}

impl AuditSubject {
    fn id(self) -> Id {
        match self {
            Self::Member(member) => Id(member.0),
            Self::Visit(visit) => Id(visit.0),
        }
    }
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
    .bind(entry.subject.id())
    .bind(entry.reason)
    .bind(entry.before.map(|value| value.to_string()))
    .bind(entry.after.map(|value| value.to_string()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
