//! The practice clock. It is the server's: what has been practised is summed up from stored
//! start, pause and end events, so a restart does not stop it and every device sees one time.

use crate::{auth::Auth, guitar::pairing};
use cadence_base::{identity::PracticeOwner, token::hash_token};
use cadence_config::{GuitarSettings, minutes};
use cadence_store::{
    DatabaseError, Id, Store, StoreError, Tx, guitar,
    once::{AnswerToKeep, OnceAnswer, OnceCommand, accepted_moment, run_once},
    practice as rows,
    practice::StoredPractice,
    read_failed,
};
use logic::topic::Permit;
use protocol::{
    ErrorBody, ErrorCode, MessageId, Millis, PracticeId, SessionId, UserId,
    guitar::{PracticeCommand, PracticeStatus, PracticeUpdate, Timestamp},
    http::PracticePage,
};
use serde::{Deserialize, Serialize};

pub use rows::PracticeChange;

/// Practices on one page.
const PAGE: usize = 20;
/// How far the stored sign of life may lag behind; each write costs a place in a group commit.
const SIGN_OF_LIFE_EVERY: Millis = 15_000;
/// Chords kept per practice; more are left out.
const MOST_CHORDS: usize = 200;

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeAnswer {
    /// The clock.
    pub update: PracticeUpdate,
    /// False when the clock stood as wished before: nothing is published.
    pub changed: bool,
    /// False when the first answer to this id is given again.
    #[serde(skip)]
    pub fresh: bool,
}

/// Starts, pauses or ends a session's practice. The same `id` runs once in its session; a refusal is
/// not kept, because the same command may find a practice later.
pub async fn command(
    store: &Store,
    id: MessageId,
    permit: Option<Permit>,
    session: SessionId,
    step: PracticeChange,
    command: PracticeCommand,
) -> Result<PracticeAnswer, ErrorBody> {
    let kind = kind_name(step);
    let once = OnceCommand {
        scope: session.to_string(),
        id,
        kind,
        content_hash: content_hash(kind, &command),
        at: command.at,
    };
    let OnceAnswer { answer, fresh } = store
        .write_in_order(permit, move |tx| {
            Box::pin(async move {
                run_once(tx, &once, |tx, at| {
                    Box::pin(async move {
                        let answer = run(tx, session, step, &command, at).await?;
                        Ok(AnswerToKeep { answer, card_of: None })
                    })
                })
                .await
            })
        })
        .await?;
    Ok(PracticeAnswer { fresh, ..answer })
}

/// A hash of a command's content. The moment is left out: an outbox may correct it by the clock
/// offset between two attempts, and the command is still the same.
fn content_hash(kind: &str, command: &PracticeCommand) -> String {
    let content = serde_json::to_string(&command.timestamp).unwrap_or_default();
    hash_token(&format!("{kind}\0{content}"))
}

/// The practice of a session that runs, stands or has ended last.
pub async fn current(
    store: &Store,
    session: SessionId,
) -> Result<Option<PracticeUpdate>, ErrorBody> {
    let clock = rows::newest(store.reader(), session).await.map_err(read_failed)?;
    Ok(clock.map(|clock| update(&clock, None, store.clock().now())))
}

/// The signs of life that the hub has of a session whose practice may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionActivity {
    /// The session.
    pub session: SessionId,
    /// When the last chord, strum or the like came.
    pub input: Millis,
    /// Now while a device is connected; otherwise when the last one went.
    pub presence: Millis,
}

/// Pauses every practice that is not played any more, at its last sign of life, and returns those. A
/// session that is not in `activity` has no connection here; after a restart the stored sign of life
/// counts.
///
/// Where other nodes write signs of life too, `steady` is since when this node has read the database
/// without a break: they may not have been able to write before that.
pub async fn sweep(
    store: &Store,
    settings: &GuitarSettings,
    now: Millis,
    activity: &[SessionActivity],
    steady: Option<Millis>,
) -> Result<Vec<(SessionId, PracticeUpdate)>, ErrorBody> {
    let rules = IdleRules {
        idle: minutes(settings.idle_pause_minutes),
        gone: minutes(settings.gone_pause_minutes),
        steady,
    };
    let of = |session| activity.iter().find(|activity| activity.session == session).copied();
    let running = rows::running(store.reader()).await.map_err(read_failed)?;
    let mut work: Vec<(SessionId, PracticeId, IdleVerdict)> = running
        .iter()
        .map(|clock| (clock.session, clock.id, judge(clock, of(clock.session), now, &rules)))
        .filter(|(_, _, verdict)| *verdict != IdleVerdict::Leave)
        .collect();
    if work.is_empty() {
        return Ok(Vec::new());
    }
    // In one order on all nodes: two that sweep at once must not wait for each other.
    work.sort_unstable_by_key(|(session, _, _)| *session);
    store
        .write(move |tx| {
            Box::pin(async move {
                let mut paused = Vec::new();
                for (session, id, verdict) in work {
                    match verdict {
                        IdleVerdict::Leave => {}
                        IdleVerdict::Alive(at) => rows::seen(tx, id, at).await?,
                        IdleVerdict::Pause(at) => paused.extend(pause(tx, session, id, at).await?),
                    }
                }
                Ok(paused)
            })
        })
        .await
        .map_err(ErrorBody::from)
}

/// Adds what was played to the newest practice of a session.
pub async fn record_play(
    store: &Store,
    session: SessionId,
    played: Vec<String>,
    changes: i64,
) -> Result<(), ErrorBody> {
    if played.is_empty() && changes == 0 {
        return Ok(());
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                guitar::lock_session(tx, session).await?;
                let Some(clock) = rows::newest(&mut **tx, session).await? else { return Ok(()) };
                let mut chords = rows::chords(tx, clock.id).await?;
                for chord in played {
                    if chords.len() < MOST_CHORDS && !chords.contains(&chord) {
                        chords.push(chord);
                    }
                }
                rows::set_chords(tx, clock.id, &chords, changes).await?;
                Ok(())
            })
        })
        .await
        .map_err(ErrorBody::from)
}

/// A page of an owner's practices, the newest first, begun before a moment.
pub async fn page(
    auth: &Auth,
    owner: PracticeOwner,
    before: Option<Millis>,
) -> Result<PracticePage, ErrorBody> {
    let now = auth.now();
    let read = async {
        // Rows and totals from one view, so that they agree.
        let mut tx = auth.store().snapshot().await?;
        let limit = i64::try_from(PAGE).unwrap_or_default() + 1;
        let before = before.unwrap_or(Millis::MAX);
        let records = rows::of_owner(&mut *tx, owner, before, limit, now).await?;
        let (total, total_ms) = rows::totals(&mut *tx, owner, now).await?;
        Ok((records, total, total_ms))
    };
    let (mut records, total, total_ms) = read.await.map_err(read_failed)?;
    let more = records.len() > PAGE;
    records.truncate(PAGE);
    Ok(PracticePage { records, more, total, total_ms, server_time: now })
}

/// The page of a browser without an owner of practices.
pub fn empty_page(now: Millis) -> PracticePage {
    PracticePage { records: Vec::new(), more: false, total: 0, total_ms: 0, server_time: now }
}

/// A few practices of the last days, for the player of the demo.
pub(crate) async fn seed_demo(auth: &Auth, user: UserId) -> Result<(), ErrorBody> {
    const DAY: Millis = 24 * 3_600_000;
    let past: [(Millis, Millis, &[&str], i64); 5] = [
        (9, 12 * 60_000 + 40_000, &["Em", "G"], 61),
        (6, 18 * 60_000 + 5_000, &["Em", "G", "C"], 104),
        (4, 21 * 60_000 + 30_000, &["G", "C", "D"], 133),
        (2, 25 * 60_000, &["G", "D", "Em", "C"], 188),
        (1, 16 * 60_000 + 20_000, &["Am", "F", "C", "G"], 97),
    ];
    auth.store()
        .write(move |tx| {
            Box::pin(async move {
                let now = tx.now();
                for (days, length, chords, changes) in past {
                    let start = now - days * DAY;
                    let id = PracticeId(Id::new(start).0);
                    rows::insert(
                        tx,
                        id,
                        SessionId(Id::new(start).0),
                        Some(PracticeOwner::User(user)),
                        start,
                    )
                    .await?;
                    rows::add_event(tx, id, PracticeChange::Start, start).await?;
                    rows::add_event(tx, id, PracticeChange::End, start + length).await?;
                    let chords: Vec<String> = chords.iter().map(|c| (*c).to_owned()).collect();
                    rows::set_chords(tx, id, &chords, changes).await?;
                }
                Ok(())
            })
        })
        .await
        .map_err(ErrorBody::from)
}

async fn run(
    tx: &mut Tx,
    session: SessionId,
    step: PracticeChange,
    command: &PracticeCommand,
    at: Millis,
) -> Result<PracticeAnswer, StoreError> {
    guitar::lock_session(tx, session).await?;
    let owner = guitar::session_owner(&mut **tx, session).await?;
    let owner = owner.ok_or_else(pairing::invalid_session)?;
    let newest = rows::newest(&mut **tx, session).await?;
    let at = accepted_moment(tx, at)?;
    // Behind what is stored already: devices send late, the clock does not run backwards.
    let at = newest.map_or(at, |clock| at.max(clock.as_of));
    let open = newest.filter(|clock| clock.status != PracticeStatus::Ended);
    let practice = match (open, step) {
        (None, PracticeChange::Start) => {
            let id = PracticeId(Id::new(tx.now()).0);
            rows::insert(tx, id, session, owner, at).await?;
            id
        }
        (None, PracticeChange::Pause | PracticeChange::End) => {
            let text = "There is no practice to pause or end.";
            return Err(ErrorBody::new(ErrorCode::NoPractice, text).into());
        }
        (Some(clock), _) if clock.status == step.status() => {
            let update = update(&clock, command.timestamp.clone(), tx.now());
            return Ok(PracticeAnswer { update, changed: false, fresh: true });
        }
        (Some(clock), _) => clock.id,
    };
    rows::add_event(tx, practice, step, at).await?;
    let clock = rows::newest(&mut **tx, session).await?.ok_or(DatabaseError::RowNotFound)?;
    let update = update(&clock, command.timestamp.clone(), tx.now());
    Ok(PracticeAnswer { update, changed: true, fresh: true })
}

/// The clock as it stands at `now`.
fn update(clock: &StoredPractice, timestamp: Option<Timestamp>, now: Millis) -> PracticeUpdate {
    let (as_of, more) = match clock.status {
        PracticeStatus::Started => (now.max(clock.as_of), (now - clock.as_of).max(0)),
        PracticeStatus::Paused | PracticeStatus::Ended => (clock.as_of, 0),
    };
    PracticeUpdate {
        status: clock.status,
        timestamp: timestamp.unwrap_or(Timestamp::Millis(clock.as_of)),
        as_of,
        elapsed_ms: clock.elapsed_ms + more,
    }
}

/// Pauses a practice unless another command did so in the meantime.
async fn pause(
    tx: &mut Tx,
    session: SessionId,
    id: PracticeId,
    at: Millis,
) -> Result<Option<(SessionId, PracticeUpdate)>, StoreError> {
    guitar::lock_session(tx, session).await?;
    let Some(clock) = rows::newest(&mut **tx, session).await? else { return Ok(None) };
    if clock.id != id || clock.status != PracticeStatus::Started {
        return Ok(None);
    }
    rows::add_event(tx, id, PracticeChange::Pause, at.max(clock.as_of)).await?;
    let clock = rows::newest(&mut **tx, session).await?.ok_or(DatabaseError::RowNotFound)?;
    Ok(Some((session, update(&clock, None, tx.now()))))
}

/// After how long without life a practice stands.
struct IdleRules {
    idle: Millis,
    gone: Millis,
    steady: Option<Millis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdleVerdict {
    /// Nothing to write.
    Leave,
    /// A device was there at this moment.
    Alive(Millis),
    /// Nothing was played since this moment.
    Pause(Millis),
}

fn judge(
    clock: &StoredPractice,
    activity: Option<SessionActivity>,
    now: Millis,
    rules: &IdleRules,
) -> IdleVerdict {
    // Starting the clock is a sign of life too.
    let input = activity.map_or(clock.as_of, |activity| activity.input.max(clock.as_of));
    let stored = clock.alive_at.max(clock.as_of);
    let seen = activity.map_or(stored, |activity| activity.presence.max(stored));
    let foreign = activity.is_none() && rules.steady.is_some_and(|since| now - since < rules.gone);
    if now - seen >= rules.gone && !foreign {
        return IdleVerdict::Pause(seen);
    }
    // Without a connection nothing is known of the input before a restart.
    if activity.is_some() && now - input >= rules.idle {
        return IdleVerdict::Pause(input);
    }
    if seen - clock.alive_at >= SIGN_OF_LIFE_EVERY {
        IdleVerdict::Alive(seen)
    } else {
        IdleVerdict::Leave
    }
}

fn kind_name(step: PracticeChange) -> &'static str {
    match step {
        PracticeChange::Start => "practice_start",
        PracticeChange::Pause => "practice_pause",
        PracticeChange::End => "practice_end",
    }
}

#[cfg(test)]
mod tests;
