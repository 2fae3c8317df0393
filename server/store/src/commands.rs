//! A command runs at most once.
//!
//! Its id row is inserted first, in the transaction of the command itself, with a hash of what it
//! says. The same id again is answered with the first answer; the same id with other words is a
//! mistake of the client. Refusals are answers and are kept too; what may be tried again is not.

use crate::{
    Id, Store, StoreError, Tx,
    clock::CLIENT_CLOCK_LEAD_MS,
    events::Place,
    sql::{self, Conn},
};
use cadence_base::refusal::id_conflict;
use futures_util::future::BoxFuture;
use logic::topic::{EventOrigin, Permit};
use protocol::{
    ErrorBody, ErrorCode, Millis, Topic,
    account::{Permission, Role},
    server::Outcome,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use uuid::Uuid;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub user: Uuid,
    /// What it acts as.
    pub role: Role,
    /// The name for the audit log.
    pub name: String,
}

impl Actor {
    /// Refuses whoever may not do this. The one check behind pages, API and socket.
    pub fn must(&self, permission: Permission) -> Result<(), ErrorBody> {
        match self.role.may(permission) {
            true => Ok(()),
            false => Err(ErrorBody::new(
                ErrorCode::NotAllowed,
                format!("This is not open to the role “{}”.", self.role.label()),
            )),
        }
    }
}

/// What stands around a command, wherever it came from.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// Made by the client; the same id runs once.
    pub id: Uuid,
    /// Who asks.
    pub actor: Actor,
    /// The connection that sent it, when it came over a socket.
    pub connection: Option<Uuid>,
    /// The id that the answer carries.
    pub message: Option<Uuid>,
    /// When it was made, on the server's clock; now when absent.
    pub at: Option<Millis>,
    /// Its place among the commands of its connection, if those have an order.
    pub permit: Option<Permit>,
}

impl CommandContext {
    /// The mark of the events that this command makes.
    pub fn origin(&self) -> Option<EventOrigin> {
        self.connection.map(|connection| EventOrigin { connection, message: self.message })
    }
}

/// What a command is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandAnswer {
    /// What came of it.
    pub outcome: Outcome,
    /// The event that it made. When the first answer is given again: the end of the log, where
    /// the event of the first time stands or before, if there was one.
    pub event: Option<(Topic, u64)>,
    /// False when the first answer to this id is given again.
    pub fresh: bool,
}

/// What a command's job came to.
pub struct Decided {
    /// The answer.
    pub outcome: Outcome,
    /// The place of the event in `checkins`, once the group gets one.
    pub place: Option<Place>,
    /// Set for a card that a second scan should repeat.
    pub card_of: Option<Uuid>,
}

/// Runs a desk's command once, for those who may use a desk. See [`once_in`].
pub async fn once<C: Serialize, J>(
    store: &Store,
    context: CommandContext,
    kind: &'static str,
    content: &C,
    job: J,
) -> Result<CommandAnswer, ErrorBody>
where
    J: for<'c> FnOnce(&'c mut Tx, CommandContext, Millis) -> Deciding<'c> + Send + 'static,
{
    context.actor.must(Permission::UseDesk)?;
    once_in(store, GYM.to_owned(), context, kind, content, job).await
}

/// A job of a command at work.
pub type Deciding<'c> = BoxFuture<'c, Result<Decided, StoreError>>;

/// The scope of the gym's commands. A guest's are scoped by the session.
const GYM: &str = "gym";

/// Runs a command once in its scope. `job` gets the moment that the command was made; when it
/// refuses, it does so before its first write.
pub async fn once_in<C: Serialize, J>(
    store: &Store,
    scope: String,
    context: CommandContext,
    kind: &'static str,
    content: &C,
    job: J,
) -> Result<CommandAnswer, ErrorBody>
where
    J: for<'c> FnOnce(&'c mut Tx, CommandContext, Millis) -> Deciding<'c> + Send + 'static,
{
    let hash = content_hash(kind, content);
    let answer = store
        .write_in_order(context.permit.clone(), move |tx| {
            Box::pin(async move {
                let id = CommandId { scope: &scope, id: Id(context.id) };
                run(tx, id, context, kind, &hash, job).await
            })
        })
        .await?;
    answer.given()
}

async fn run<J>(
    tx: &mut Tx,
    id: CommandId<'_>,
    context: CommandContext,
    kind: &str,
    hash: &str,
    job: J,
) -> Result<Answer, StoreError>
where
    J: for<'c> FnOnce(&'c mut Tx, CommandContext, Millis) -> Deciding<'c> + Send + 'static,
{
    let at = context.at.unwrap_or(tx.now());
    if !claim(tx, id, kind, hash, at).await? {
        return first_answer(tx, id, hash).await;
    }
    let at = accepted(tx, at)?;
    let (kept, card_of, place) = match job(tx, context, at).await {
        Ok(Decided { outcome, place, card_of }) => {
            (Kept::Done { outcome: Box::new(outcome) }, card_of, place)
        }
        Err(StoreError::Refused(body)) if !body.retryable => (Kept::Refused(body), None, None),
        Err(error) => return Err(error),
    };
    keep(tx, id, &kept, card_of).await?;
    Ok(Answer { kept, place, fresh: true })
}

/// A stored answer. The place of its event is not part of it: it is not known yet, and for a
/// repetition the end of the log will do. Rows of the first release hold one, which is passed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Done { outcome: Box<Outcome> },
    Refused(ErrorBody),
}

/// An answer while its group is not yet committed.
struct Answer {
    kept: Kept,
    place: Option<Place>,
    fresh: bool,
}

impl Answer {
    /// What the client is told, after the COMMIT.
    fn given(self) -> Result<CommandAnswer, ErrorBody> {
        match self.kept {
            Kept::Done { outcome } => Ok(CommandAnswer {
                outcome: *outcome,
                event: self.place.and_then(|place| Some((Topic::CheckIns, place.get()?))),
                fresh: self.fresh,
            }),
            Kept::Refused(body) => Err(body),
        }
    }
}

/// What a command is known by.
#[derive(Clone, Copy)]
struct CommandId<'a> {
    scope: &'a str,
    id: Id,
}

/// Inserts the id row; `false` when the id is taken.
async fn claim(
    tx: &mut Tx,
    id: CommandId<'_>,
    kind: &str,
    hash: &str,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let claimed = sql::query(
        "INSERT INTO commands (scope, id, kind, hash, at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, id) DO NOTHING",
    )
    .bind(id.scope)
    .bind(id.id)
    .bind(kind)
    .bind(hash)
    .bind(at)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

async fn first_answer(tx: &mut Tx, id: CommandId<'_>, hash: &str) -> Result<Answer, StoreError> {
    let (first_hash, answer): (String, Option<String>) =
        sql::query_as("SELECT hash, answer FROM commands WHERE scope = $1 AND id = $2")
            .bind(id.scope)
            .bind(id.id)
            .fetch_one(&mut **tx)
            .await?;
    if first_hash != hash {
        return Err(id_conflict().into());
    }
    let kept = read_kept(answer.as_deref())?;
    Ok(Answer { kept, place: Some(tx.end_of_log()), fresh: false })
}

/// A kept answer as it was written.
pub fn read_kept<T: DeserializeOwned>(answer: Option<&str>) -> Result<T, sqlx::Error> {
    serde_json::from_str(answer.unwrap_or_default()).map_err(|cause| match cause.is_data() {
        // Of a newer release: the servers that are being started will know it.
        true => sqlx::Error::Protocol(format!("a kept answer is not understood: {cause}")),
        false => sqlx::Error::Decode(format!("a kept answer is spoilt: {cause}").into()),
    })
}

async fn keep(
    conn: &mut Conn,
    id: CommandId<'_>,
    answer: &Kept,
    card_of: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    sql::query("UPDATE commands SET answer = $1, member_id = $2 WHERE scope = $3 AND id = $4")
        // Plain types of ours: writing them as JSON cannot fail.
        .bind(serde_json::to_string(answer).unwrap_or_default())
        .bind(card_of.map(Id))
        .bind(id.scope)
        .bind(id.id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The outcome of the newest card about a member that was shown within the repeat time of `at`.
pub async fn last_card(
    tx: &mut Tx,
    member: Uuid,
    at: Millis,
) -> Result<Option<Outcome>, sqlx::Error> {
    let window = tx.clock().repeat_ms();
    let answer: Option<String> = sql::query_scalar(
        "SELECT answer FROM commands
          WHERE member_id = $1 AND at >= $2 AND at <= $3
          ORDER BY at DESC LIMIT 1",
    )
    .bind(Id(member))
    .bind(at - window)
    .bind(at + window)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(answer.and_then(|answer| match serde_json::from_str(&answer) {
        Ok(Kept::Done { outcome, .. }) => Some(*outcome),
        _ => None,
    }))
}

/// The moment of a command as it counts: not too old, and never in the future. A client
/// whose clock runs a little ahead is taken at the server's time.
fn accepted(tx: &Tx, at: Millis) -> Result<Millis, ErrorBody> {
    let (now, clock) = (tx.now(), tx.clock());
    if at < now - clock.command_max_age_ms() {
        let text = "This was made too long ago to be recorded by itself. Enter it by hand.";
        return Err(ErrorBody::new(ErrorCode::TooOld, text));
    }
    if at > now + CLIENT_CLOCK_LEAD_MS {
        let text = "This claims to be made in the future: the clock of this device is wrong.";
        return Err(ErrorBody::new(ErrorCode::FromTheFuture, text));
    }
    Ok(at.min(now))
}

/// A hash of what a command says. `at` is left out: an outbox may correct it by the clock offset
/// between two attempts, and the command is still the same.
fn content_hash<C: Serialize>(kind: &str, content: &C) -> String {
    let mut content = serde_json::to_value(content).unwrap_or_default();
    if let Some(fields) = content.as_object_mut() {
        fields.remove("at");
    }
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    hash.update(content.to_string());
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Store {
    /// Forgets commands that were recorded before a moment; a job keeps the days of the setting
    /// `retention.commands_days`.
    pub async fn forget_commands(&self, before: Millis) -> Result<u64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let gone = sql::query("DELETE FROM commands WHERE created_at < $1")
                    .bind(before)
                    .execute(&mut **tx)
                    .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_a_newer_release_may_come_again_and_a_spoilt_one_may_not() {
        let again = |answer| {
            let kept: Result<Kept, _> = read_kept(answer);
            StoreError::from(kept.expect_err("unreadable")).retryable()
        };
        assert!(again(Some(r#"{"delegated":{"to":"somebody"}}"#)));
        assert!(again(Some(r#"{"done":{"outcome":{"kind":"levitated"}}}"#)));
        assert!(!again(Some("soup")));
        assert!(!again(None));
    }

    #[test]
    fn answers_that_the_first_release_stored_are_read() {
        let stored = r#"{"done":{"outcome":{"kind":"done"},"place":7}}"#;
        let kept: Kept = serde_json::from_str(stored).expect("readable");
        let answer = Answer { kept, place: None, fresh: false };
        let answer = answer.given().expect("done");
        assert_eq!((answer.outcome, answer.event), (Outcome::Done, None));
        // And the other way round, while both releases run: `place` is optional there.
        let written = serde_json::to_string(&Kept::Done { outcome: Box::new(Outcome::Done) });
        assert_eq!(written.expect("JSON"), r#"{"done":{"outcome":{"kind":"done"}}}"#);
    }
}
