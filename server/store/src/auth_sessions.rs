//! Rows of `sign_ins`, their refresh tokens and tickets.

use crate::{
    Id, Tx,
    sql::{self, Db},
};
use protocol::{Millis, SignInId, UserId, account::Role};

/// A sign-in that counts: not revoked, not expired, its account enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSignIn {
    /// The sign-in.
    pub sign_in: SignInId,
    /// The account.
    pub user: UserId,
    /// Its name now.
    pub name: String,
    /// Its role now.
    pub role: Role,
}

/// A refresh token's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its family.
    pub sign_in: SignInId,
    /// When it was replaced.
    pub rotated_at: Option<Millis>,
}

/// A ticket's row.
#[derive(Clone)]
pub struct TicketRow {
    /// Of the ticket itself.
    pub hash: String,
    /// The sign-in that it stands for.
    pub sign_in: SignInId,
    /// The page that asked for it.
    pub origin: Option<String>,
    /// When the access behind it ends.
    pub access_ends_at: Millis,
    /// When it ends itself.
    pub expires_at: Millis,
}

/// Opens a sign-in.
pub async fn insert(
    tx: &mut Tx,
    sign_in: SignInId,
    user: UserId,
    now: Millis,
    life: Millis,
) -> Result<(), sqlx::Error> {
    sql::query(
        "INSERT INTO sign_ins (id, user_id, created_at, last_used_at, expires_at)
         VALUES ($1, $2, $3, $3, $4)",
    )
    .bind(Id(sign_in.0))
    .bind(Id(user.0))
    .bind(now)
    .bind(now + life)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Reads a sign-in together with its account.
pub async fn live(
    db: impl Db,
    sign_in: SignInId,
    now: Millis,
) -> Result<Option<LiveSignIn>, sqlx::Error> {
    let row: Option<(Id, String, String)> = sql::query_as(
        "SELECT u.id, u.name, u.role FROM sign_ins s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
           AND u.disabled_at IS NULL",
    )
    .bind(Id(sign_in.0))
    .bind(now)
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|(user, name, role)| {
        Some(LiveSignIn { sign_in, user: UserId(user.0), name, role: Role::parse(&role)? })
    }))
}

/// Adds a refresh token to a sign-in, which lives on from now.
pub async fn issue(
    tx: &mut Tx,
    sign_in: SignInId,
    hash: &str,
    now: Millis,
    life: Millis,
) -> Result<(), sqlx::Error> {
    sql::query("INSERT INTO refresh_tokens (hash, sign_in, issued_at) VALUES ($1, $2, $3)")
        .bind(hash)
        .bind(Id(sign_in.0))
        .bind(now)
        .execute(&mut **tx)
        .await?;
    sql::query("UPDATE sign_ins SET last_used_at = $2, expires_at = $3 WHERE id = $1")
        .bind(Id(sign_in.0))
        .bind(now)
        .bind(now + life)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes a refresh token before it is judged: two nodes that are shown it at once judge it one
/// after the other.
pub async fn lock_refresh_token(tx: &mut Tx, hash: &str) -> Result<(), sqlx::Error> {
    sql::query("SELECT hash FROM refresh_tokens WHERE hash = $1 FOR UPDATE")
        .bind(hash)
        .lock(tx)
        .await
}

/// Finds a refresh token, rotated or not.
pub async fn refresh_token(db: impl Db, hash: &str) -> Result<Option<RefreshToken>, sqlx::Error> {
    let row: Option<(Id, Option<Millis>)> =
        sql::query_as("SELECT sign_in, rotated_at FROM refresh_tokens WHERE hash = $1")
            .bind(hash)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|(sign_in, rotated_at)| RefreshToken { sign_in: SignInId(sign_in.0), rotated_at }))
}

/// Notes that a refresh token was replaced.
pub async fn rotate(tx: &mut Tx, hash: &str, now: Millis) -> Result<(), sqlx::Error> {
    sql::query("UPDATE refresh_tokens SET rotated_at = $2 WHERE hash = $1")
        .bind(hash)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends a sign-in; false when it had ended before.
pub async fn revoke(tx: &mut Tx, sign_in: SignInId, now: Millis) -> Result<bool, sqlx::Error> {
    let done =
        sql::query("UPDATE sign_ins SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(Id(sign_in.0))
            .bind(now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// The sign-ins that were revoked at a moment or later.
pub async fn revoked_since(db: impl Db, moment: Millis) -> Result<Vec<SignInId>, sqlx::Error> {
    let ids: Vec<(Id,)> = sql::query_as("SELECT id FROM sign_ins WHERE revoked_at >= $1")
        .bind(moment)
        .fetch_all(db)
        .await?;
    Ok(ids.into_iter().map(|(id,)| SignInId(id.0)).collect())
}

/// Stores a ticket.
pub async fn insert_ticket(tx: &mut Tx, ticket: &TicketRow) -> Result<(), sqlx::Error> {
    sql::query(
        "INSERT INTO tickets (hash, sign_in, origin, access_ends_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&ticket.hash)
    .bind(Id(ticket.sign_in.0))
    .bind(&ticket.origin)
    .bind(ticket.access_ends_at)
    .bind(ticket.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a ticket away: of two that show it, one gets it.
pub async fn take_ticket(tx: &mut Tx, hash: &str) -> Result<Option<TicketRow>, sqlx::Error> {
    let row: Option<(String, Id, Option<String>, Millis, Millis)> = sql::query_as(
        "DELETE FROM tickets WHERE hash = $1
         RETURNING hash, sign_in, origin, access_ends_at, expires_at",
    )
    .bind(hash)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|(hash, sign_in, origin, access_ends_at, expires_at)| TicketRow {
        hash,
        sign_in: SignInId(sign_in.0),
        origin,
        access_ends_at,
        expires_at,
    }))
}

/// Forgets unused tickets, and sign-ins that ended before `before`.
pub async fn purge(tx: &mut Tx, before: Millis) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query("DELETE FROM tickets WHERE expires_at < $1").bind(now).execute(&mut **tx).await?;
    sql::query("DELETE FROM sign_ins WHERE expires_at < $1 OR revoked_at < $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
