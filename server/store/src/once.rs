//! A command runs at most once: the commands of a desk and those of a practice alike.
//!
//! Its id row is inserted first, in the transaction of the command itself, with a hash of its
//! content. The same id with the same content is answered with the first answer; the same id with
//! other content is a mistake of the client. A job that returns an error leaves no row, so that the
//! command may be tried again.

use crate::{
    Id, Store, StoreError, Tx,
    clock::CLIENT_CLOCK_LEAD_MS,
    sql::{self, Conn},
};
use cadence_base::refusal::id_conflict;
use futures_util::future::BoxFuture;
use protocol::{ErrorBody, ErrorCode, MemberId, MessageId, Millis};
use serde::{Serialize, de::DeserializeOwned};

/// A command as its id row records it.
#[derive(Debug, Clone)]
pub struct OnceCommand {
    /// Within which the id is unique: `gym`, or the id of a guitar session.
    pub scope: String,
    /// Made by the client.
    pub id: MessageId,
    /// The command's name in the table.
    pub kind: &'static str,
    /// A hash of kind and content.
    pub content_hash: String,
    /// When it was made, on the server's clock; the moment of its group when absent.
    pub at: Option<Millis>,
}

/// What a job leaves in the id row.
#[derive(Debug)]
pub struct AnswerToKeep<A> {
    /// Given again when the command comes again.
    pub answer: A,
    /// The member whose card the answer shows, set for a card that a second scan should repeat.
    pub card_of: Option<MemberId>,
}

/// The answer to a command.
#[derive(Debug)]
pub struct OnceAnswer<A> {
    /// Of this run or of the first one. Fields that are not serialized have their defaults when it
    /// is the first one's.
    pub answer: A,
    /// False when the first answer is given again.
    pub fresh: bool,
}

/// The work of a command under way.
pub type OnceWork<'c, A> = BoxFuture<'c, Result<AnswerToKeep<A>, StoreError>>;

/// Runs a command once in its scope. `job` gets the moment at which the command was made, by the
/// client's account; [`accepted_moment`] checks it.
pub async fn run_once<A, J>(
    tx: &mut Tx,
    command: &OnceCommand,
    job: J,
) -> Result<OnceAnswer<A>, StoreError>
where
    A: Serialize + DeserializeOwned,
    J: for<'c> FnOnce(&'c mut Tx, Millis) -> OnceWork<'c, A>,
{
    let at = command.at.unwrap_or(tx.now());
    if !claim(tx, command, at).await? {
        let answer = first_answer(tx, command).await?;
        return Ok(OnceAnswer { answer, fresh: false });
    }
    let AnswerToKeep { answer, card_of } = job(tx, at).await?;
    keep(tx, command, &answer, card_of).await?;
    Ok(OnceAnswer { answer, fresh: true })
}

/// Inserts the id row; `false` when the id is taken.
async fn claim(tx: &mut Tx, command: &OnceCommand, at: Millis) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let claimed = sql::query(
        "INSERT INTO commands (scope, id, kind, hash, at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, id) DO NOTHING",
    )
    .bind(command.scope.as_str())
    .bind(Id(command.id.0))
    .bind(command.kind)
    .bind(command.content_hash.as_str())
    .bind(at)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

async fn first_answer<A: DeserializeOwned>(
    conn: &mut Conn,
    command: &OnceCommand,
) -> Result<A, StoreError> {
    let (first_hash, answer): (String, Option<String>) =
        sql::query_as("SELECT hash, answer FROM commands WHERE scope = $1 AND id = $2")
            .bind(command.scope.as_str())
            .bind(Id(command.id.0))
            .fetch_one(conn)
            .await?;
    if first_hash != command.content_hash {
        return Err(id_conflict().into());
    }
    Ok(read_kept(answer.as_deref())?)
}

/// Reads an answer as it was stored.
pub(crate) fn read_kept<A: DeserializeOwned>(answer: Option<&str>) -> Result<A, sqlx::Error> {
    serde_json::from_str(answer.unwrap_or_default()).map_err(|cause| match cause.is_data() {
        // Of a newer release, which the servers that are being started can read.
        true => sqlx::Error::Protocol(format!("a kept answer is not understood: {cause}")),
        false => sqlx::Error::Decode(format!("a kept answer is spoilt: {cause}").into()),
    })
}

async fn keep<A: Serialize>(
    conn: &mut Conn,
    command: &OnceCommand,
    answer: &A,
    card_of: Option<MemberId>,
) -> Result<(), sqlx::Error> {
    sql::query("UPDATE commands SET answer = $1, member_id = $2 WHERE scope = $3 AND id = $4")
        // Plain types of ours: writing them as JSON cannot fail.
        .bind(serde_json::to_string(answer).unwrap_or_default())
        .bind(card_of.map(|member| Id(member.0)))
        .bind(command.scope.as_str())
        .bind(Id(command.id.0))
        .execute(conn)
        .await?;
    Ok(())
}

/// The moment of a command as it counts: not too old, and never in the future. A client
/// whose clock runs a little ahead is taken at the server's time.
///
/// # Errors
/// `too_old` or `from_the_future`.
pub fn accepted_moment(tx: &Tx, at: Millis) -> Result<Millis, ErrorBody> {
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
