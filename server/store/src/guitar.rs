//! Rows of guitar sessions: the sessions themselves, their codes, their phones, and guests.

use crate::{
    Id, Tx,
    sql::{self, Db},
};
use cadence_base::{
    event::HostDecision,
    identity::{HostIdentity, ParticipantIdentity, PracticeOwner},
};
use protocol::{GuestId, Millis, ParticipantId, SessionId, UserId, account::Role};

/// A session to make.
#[derive(Clone)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Of the host secret.
    pub host_hash: String,
    /// Of the secret with rotation 0.
    pub secret_hash: String,
    /// Whose practice is counted.
    pub owner: Option<PracticeOwner>,
}

/// A code and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// The six characters.
    pub text: String,
    /// When it ends unless it is used.
    pub expires_at: Millis,
}

/// A code that was typed, with its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCode {
    /// The session that it belongs to.
    pub session: SessionId,
    /// When it ends or ended.
    pub expires_at: Millis,
}

/// A phone to add.
#[derive(Clone)]
pub struct NewParticipant {
    /// The phone.
    pub id: ParticipantId,
    /// The session.
    pub session: SessionId,
    /// What it may do.
    pub role: Role,
    /// Of its token.
    pub token_hash: String,
    /// What to call it.
    pub device: String,
}

/// A phone that plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerformerRow {
    /// The phone.
    pub id: ParticipantId,
    /// When it joined.
    pub joined_at: Millis,
}

/// Makes a guest.
pub async fn insert_guest(tx: &mut Tx, id: GuestId, token_hash: &str) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query("INSERT INTO guests (id, token_hash, created_at) VALUES ($1, $2, $3)")
        .bind(Id(id.0))
        .bind(token_hash)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The guest with a token.
pub async fn guest(db: impl Db, token_hash: &str) -> Result<Option<GuestId>, sqlx::Error> {
    let id: Option<Id> = sql::query_scalar("SELECT id FROM guests WHERE token_hash = $1")
        .bind(token_hash)
        .fetch_optional(db)
        .await?;
    Ok(id.map(|id| GuestId(id.0)))
}

/// Makes a session.
pub async fn insert_session(tx: &mut Tx, session: &NewSession) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let (guest, user) = columns(session.owner);
    sql::query(
        "INSERT INTO guitar_sessions
           (id, host_hash, rotation, secret_hash, owner_guest, owner_user, created_at, last_used_at)
         VALUES ($1, $2, 0, $3, $4, $5, $6, $6)",
    )
    .bind(Id(session.id.0))
    .bind(&session.host_hash)
    .bind(&session.secret_hash)
    .bind(guest)
    .bind(user)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a session before something is decided in it: who plays, which code it shows, whether its
/// practice runs. Two nodes then do so one after the other.
pub async fn lock_session(tx: &mut Tx, session: SessionId) -> Result<(), sqlx::Error> {
    sql::query("SELECT id FROM guitar_sessions WHERE id = $1 FOR UPDATE")
        .bind(Id(session.0))
        .lock(tx)
        .await
}

/// The live session with a host secret.
pub async fn host(db: impl Db, host_hash: &str) -> Result<Option<HostIdentity>, sqlx::Error> {
    let row: Option<(Id, Option<Id>, Option<Id>)> = sql::query_as(
        "SELECT id, owner_guest, owner_user FROM guitar_sessions
         WHERE host_hash = $1 AND ended_at IS NULL",
    )
    .bind(host_hash)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(session, guest, user)| HostIdentity {
        session: SessionId(session.0),
        owner: owner(guest, user),
    }))
}

/// The live session with a secret.
pub async fn by_secret(db: impl Db, secret_hash: &str) -> Result<Option<SessionId>, sqlx::Error> {
    let id: Option<Id> = sql::query_scalar(
        "SELECT id FROM guitar_sessions WHERE secret_hash = $1 AND ended_at IS NULL",
    )
    .bind(secret_hash)
    .fetch_optional(db)
    .await?;
    Ok(id.map(|id| SessionId(id.0)))
}

/// The number that a live session's secret is derived with.
pub async fn rotation(db: impl Db, session: SessionId) -> Result<Option<i64>, sqlx::Error> {
    sql::query_scalar("SELECT rotation FROM guitar_sessions WHERE id = $1 AND ended_at IS NULL")
        .bind(Id(session.0))
        .fetch_optional(db)
        .await
}

/// Replaces a session's secret.
pub async fn set_secret(
    tx: &mut Tx,
    session: SessionId,
    rotation: i64,
    secret_hash: &str,
) -> Result<(), sqlx::Error> {
    sql::query("UPDATE guitar_sessions SET rotation = $2, secret_hash = $3 WHERE id = $1")
        .bind(Id(session.0))
        .bind(rotation)
        .bind(secret_hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes that a session is in use, and by whom.
pub async fn touch(
    tx: &mut Tx,
    session: SessionId,
    owner: Option<PracticeOwner>,
) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let (guest, user) = columns(owner);
    sql::query(
        "UPDATE guitar_sessions SET last_used_at = $2, owner_guest = $3, owner_user = $4
         WHERE id = $1",
    )
    .bind(Id(session.0))
    .bind(now)
    .bind(guest)
    .bind(user)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose practice a session counts; the outer `None` when it does not exist or has ended.
pub async fn session_owner(
    db: impl Db,
    session: SessionId,
) -> Result<Option<Option<PracticeOwner>>, sqlx::Error> {
    let row: Option<(Option<Id>, Option<Id>)> = sql::query_as(
        "SELECT owner_guest, owner_user FROM guitar_sessions WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(Id(session.0))
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(guest, user)| owner(guest, user)))
}

/// The code that a session shows, expired or not.
pub async fn newest_code(
    db: impl Db,
    session: SessionId,
) -> Result<Option<PairingCode>, sqlx::Error> {
    let row: Option<(String, Millis)> = sql::query_as(
        "SELECT code, expires_at FROM guitar_codes WHERE session = $1
         ORDER BY made_at DESC, expires_at DESC LIMIT 1",
    )
    .bind(Id(session.0))
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(text, expires_at)| PairingCode { text, expires_at }))
}

/// Finds a code, expired or not.
pub async fn find_code(db: impl Db, code: &str) -> Result<Option<FoundCode>, sqlx::Error> {
    let row: Option<(Id, Millis)> = sql::query_as(
        "SELECT c.session, c.expires_at FROM guitar_codes c
         JOIN guitar_sessions s ON s.id = c.session
         WHERE c.code = $1 AND s.ended_at IS NULL",
    )
    .bind(code)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(session, expires_at)| FoundCode { session: SessionId(session.0), expires_at }))
}

/// Gives a session a code; false when another session has or had it within the hour.
pub async fn insert_code(
    tx: &mut Tx,
    session: SessionId,
    code: &PairingCode,
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let done = sql::query(
        "INSERT INTO guitar_codes (code, session, made_at, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (code) DO NOTHING",
    )
    .bind(&code.text)
    .bind(Id(session.0))
    .bind(now)
    .bind(code.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a code live on, because it or its stage is in use; false when it has ended meanwhile.
pub async fn renew_code(
    tx: &mut Tx,
    code: &str,
    expires_at: Millis,
    used: bool,
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let done = sql::query(
        "UPDATE guitar_codes SET expires_at = $2, used_at = CASE WHEN $3 THEN $4 ELSE used_at END
         WHERE code = $1 AND expires_at > $4",
    )
    .bind(code)
    .bind(expires_at)
    .bind(used)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the codes of a session now.
pub async fn expire_codes(tx: &mut Tx, session: SessionId) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query("UPDATE guitar_codes SET expires_at = $2 WHERE session = $1 AND expires_at > $2")
        .bind(Id(session.0))
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets codes that ended before a moment.
pub async fn forget_codes(tx: &mut Tx, before: Millis) -> Result<(), sqlx::Error> {
    sql::query("DELETE FROM guitar_codes WHERE expires_at < $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Adds a phone.
pub async fn insert_participant(
    tx: &mut Tx,
    participant: &NewParticipant,
) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query(
        "INSERT INTO guitar_participants (id, session, role, token_hash, device, joined_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(Id(participant.id.0))
    .bind(Id(participant.session.0))
    .bind(participant.role.name())
    .bind(&participant.token_hash)
    .bind(&participant.device)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A phone that was not removed, in a live session.
pub async fn participant(
    db: impl Db,
    id: ParticipantId,
) -> Result<Option<ParticipantIdentity>, sqlx::Error> {
    let row: Option<ParticipantRow> = sql::query_as(
        "SELECT p.session, p.id, p.role, p.device FROM guitar_participants p
         JOIN guitar_sessions s ON s.id = p.session
         WHERE p.id = $1 AND p.removed_at IS NULL AND s.ended_at IS NULL",
    )
    .bind(Id(id.0))
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(identity))
}

/// The same by its token.
pub async fn participant_by_hash(
    db: impl Db,
    token_hash: &str,
) -> Result<Option<ParticipantIdentity>, sqlx::Error> {
    let row: Option<ParticipantRow> = sql::query_as(
        "SELECT p.session, p.id, p.role, p.device FROM guitar_participants p
         JOIN guitar_sessions s ON s.id = p.session
         WHERE p.token_hash = $1 AND p.removed_at IS NULL AND s.ended_at IS NULL",
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(identity))
}

/// The phones of a session that play.
pub async fn performers(db: impl Db, session: SessionId) -> Result<Vec<PerformerRow>, sqlx::Error> {
    let rows: Vec<(Id, Millis)> = sql::query_as(
        "SELECT id, joined_at FROM guitar_participants
         WHERE session = $1 AND role = 'performer' AND removed_at IS NULL",
    )
    .bind(Id(session.0))
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, joined_at)| PerformerRow { id: ParticipantId(id.0), joined_at })
        .collect())
}

/// Changes what a phone may do; false when it is not in the session.
pub async fn set_role(
    tx: &mut Tx,
    session: SessionId,
    participant: ParticipantId,
    role: Role,
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let done = sql::query(
        "UPDATE guitar_participants SET role = $3, changed_at = $4
         WHERE session = $1 AND id = $2 AND removed_at IS NULL",
    )
    .bind(Id(session.0))
    .bind(Id(participant.0))
    .bind(role.name())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a phone's token away; false when it is not in the session.
pub async fn remove_participant(
    tx: &mut Tx,
    session: SessionId,
    participant: ParticipantId,
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let done = sql::query(
        "UPDATE guitar_participants SET removed_at = $3, changed_at = $3
         WHERE session = $1 AND id = $2 AND removed_at IS NULL",
    )
    .bind(Id(session.0))
    .bind(Id(participant.0))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What hosts decided at a moment or later.
pub async fn decided_since(db: impl Db, moment: Millis) -> Result<Vec<HostDecision>, sqlx::Error> {
    let rows: Vec<(Id, Id, String, Option<Millis>)> = sql::query_as(
        "SELECT session, id, role, removed_at FROM guitar_participants
         WHERE changed_at >= $1",
    )
    .bind(moment)
    .fetch_all(db)
    .await?;
    let decided = |(session, participant, role, removed_at): (Id, Id, String, Option<Millis>)| {
        let role = match removed_at {
            Some(_) => None,
            None => Some(Role::parse(&role)?),
        };
        Some(HostDecision {
            session: SessionId(session.0),
            participant: ParticipantId(participant.0),
            role,
        })
    };
    Ok(rows.into_iter().filter_map(decided).collect())
}

/// Deletes sessions that were not used since a moment, with their codes and phones.
pub async fn purge(tx: &mut Tx, before: Millis) -> Result<(), sqlx::Error> {
    sql::query("DELETE FROM guitar_sessions WHERE last_used_at < $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An owner as the two columns hold it.
pub(super) fn columns(owner: Option<PracticeOwner>) -> (Option<Id>, Option<Id>) {
    match owner {
        Some(PracticeOwner::Guest(id)) => (Some(Id(id.0)), None),
        Some(PracticeOwner::User(id)) => (None, Some(Id(id.0))),
        None => (None, None),
    }
}

fn owner(guest: Option<Id>, user: Option<Id>) -> Option<PracticeOwner> {
    user.map(|id| PracticeOwner::User(UserId(id.0)))
        .or(guest.map(|id| PracticeOwner::Guest(GuestId(id.0))))
}

type ParticipantRow = (Id, Id, String, String);

fn identity((session, id, role, device): ParticipantRow) -> Option<ParticipantIdentity> {
    let role = Role::parse(&role)?;
    Some(ParticipantIdentity {
        session: SessionId(session.0),
        participant: ParticipantId(id.0),
        role,
        device,
    })
}
