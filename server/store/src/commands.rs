//! The commands of a desk. Each runs once, see [`crate::once`]; a refusal is an answer and is kept
//! too, unless it may be tried again.

use crate::{
    Id, Store, StoreError, Tx,
    events::EventPlace,
    once::{AnswerToKeep, OnceAnswer, OnceCommand, OnceWork, accepted_moment, run_once},
    sql,
};
use cadence_base::identity::StaffIdentity;
use futures_util::future::BoxFuture;
use logic::topic::{EventOrigin, Permit};
use protocol::{
    ConnectionId, ErrorBody, MemberId, MessageId, Millis, Topic, account::Permission,
    server::Outcome,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What stands around a command, wherever it came from.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// Made by the client; the same id runs once.
    pub id: MessageId,
    /// Who asks.
    pub actor: StaffIdentity,
    /// The connection that sent it, when it came over a socket.
    pub connection: Option<ConnectionId>,
    /// The id that the answer carries.
    pub message: Option<MessageId>,
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
pub struct CommandDecision {
    /// The answer.
    pub outcome: Outcome,
    /// The place of the event in `checkins`, once the group gets one.
    pub place: Option<EventPlace>,
    /// Set for a card that a second scan should repeat.
    pub card_of: Option<MemberId>,
}

/// A job of a desk's command at work.
pub type DecisionWork<'c> = BoxFuture<'c, Result<CommandDecision, StoreError>>;

/// The scope of the gym's commands in the table.
const GYM: &str = "gym";

/// Runs a desk's command once, for those who may use a desk. `job` gets the moment that the command
/// was made; when it refuses, it does so before its first write.
pub async fn once<C: Serialize, J>(
    store: &Store,
    context: CommandContext,
    kind: &'static str,
    content: &C,
    job: J,
) -> Result<CommandAnswer, ErrorBody>
where
    J: for<'c> FnOnce(&'c mut Tx, CommandContext, Millis) -> DecisionWork<'c> + Send + 'static,
{
    context.actor.check_permission(Permission::UseDesk)?;
    let permit = context.permit.clone();
    let command = OnceCommand {
        scope: GYM.to_owned(),
        id: context.id,
        kind,
        content_hash: content_hash(kind, content),
        at: context.at,
    };
    let answer = store
        .write_in_order(permit, move |tx| {
            Box::pin(async move {
                let mut answer =
                    run_once(tx, &command, |tx, at| answer_to_keep(tx, context, at, job)).await?;
                if let (false, KeptAnswer::Done { place, .. }) = (answer.fresh, &mut answer.answer)
                {
                    *place = Some(tx.end_of_log());
                }
                Ok(answer)
            })
        })
        .await?;
    given(answer)
}

fn answer_to_keep<'c, J>(
    tx: &'c mut Tx,
    context: CommandContext,
    at: Millis,
    job: J,
) -> OnceWork<'c, KeptAnswer>
where
    J: for<'j> FnOnce(&'j mut Tx, CommandContext, Millis) -> DecisionWork<'j> + Send + 'static,
{
    Box::pin(async move {
        let at = accepted_moment(tx, at)?;
        match job(tx, context, at).await {
            Ok(CommandDecision { outcome, place, card_of }) => {
                let outcome = Box::new(outcome);
                Ok(AnswerToKeep { answer: KeptAnswer::Done { outcome, place }, card_of })
            }
            Err(StoreError::Refused(body)) if !body.retryable => {
                Ok(AnswerToKeep { answer: KeptAnswer::Refused(body), card_of: None })
            }
            Err(error) => Err(error),
        }
    })
}

/// A stored answer. The place of its event is not stored: it is not known before the COMMIT. Rows of
/// the first release hold a number there, which is passed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptAnswer {
    Done {
        outcome: Box<Outcome>,
        #[serde(skip)]
        place: Option<EventPlace>,
    },
    Refused(ErrorBody),
}

/// What the client is answered, after the COMMIT.
fn given(answer: OnceAnswer<KeptAnswer>) -> Result<CommandAnswer, ErrorBody> {
    match answer.answer {
        KeptAnswer::Done { outcome, place } => Ok(CommandAnswer {
            outcome: *outcome,
            event: place.and_then(|place| Some((Topic::CheckIns, place.get()?))),
            fresh: answer.fresh,
        }),
        KeptAnswer::Refused(body) => Err(body),
    }
}

/// The outcome of the newest card about a member that was shown within the repeat time of `at`.
pub async fn last_card(
    tx: &mut Tx,
    member: MemberId,
    at: Millis,
) -> Result<Option<Outcome>, sqlx::Error> {
    let window = tx.clock().repeat_ms();
    let answer: Option<String> = sql::query_scalar(
        "SELECT answer FROM commands
          WHERE member_id = $1 AND at >= $2 AND at <= $3
          ORDER BY at DESC LIMIT 1",
    )
    .bind(Id(member.0))
    .bind(at - window)
    .bind(at + window)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(answer.and_then(|answer| match serde_json::from_str(&answer) {
        Ok(KeptAnswer::Done { outcome, .. }) => Some(*outcome),
        _ => None,
    }))
}

/// A hash of a command's content. `at` is left out: an outbox may correct it by the clock offset
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::once::read_kept;

    #[test]
    fn an_answer_of_a_newer_release_may_come_again_and_a_spoilt_one_may_not() {
        let again = |answer| {
            let kept: Result<KeptAnswer, _> = read_kept(answer);
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
        let answer = serde_json::from_str(stored).expect("readable");
        let answer = given(OnceAnswer { answer, fresh: false }).expect("done");
        assert_eq!((answer.outcome, answer.event), (Outcome::Done, None));
        // And the other way round, while both releases run: `place` is optional there.
        let place = Some(EventPlace::default());
        let answer = KeptAnswer::Done { outcome: Box::new(Outcome::Done), place };
        let written = serde_json::to_string(&answer);
        assert_eq!(written.expect("JSON"), r#"{"done":{"outcome":{"kind":"done"}}}"#);
    }
}
