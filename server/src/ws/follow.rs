//! Topics of a connection: catching up from the ring, from the database, or by snapshot.

use super::connection::{Connection, Dialect};
use crate::state::AppState;
use cadence_realtime::hub::{
    log::{Answer, Event, Log},
    session::SharedSession,
};
use cadence_store::{self, events::ReplayError};
use logic::{
    presence::Departure,
    topic::{CatchUp, Lane, Line, Pulled, Reader},
};
use protocol::{
    CloseCode, Envelope, ErrorBody, ErrorCode, Millis, Note, Position, ServerMessage, Topic,
    account::Role,
    encode,
    server::Snapshot,
    topic::{TopicAnswer, TopicRequest},
};
use std::sync::Arc;

/// Events of one replay from the database; more become a snapshot.
const REPLAY_LIMIT: usize = 1_000;
/// The state is given at most so often because a log began anew, in milliseconds.
const ANEW_EVERY_MS: Millis = 250;
/// Events that one look at the ring takes.
const PULL: usize = 256;
/// Where a topic's events come from.
pub(super) enum Source {
    CheckIns(Arc<Log>),
    Guitar(SharedSession),
}

impl Source {
    pub(super) fn log(&self) -> &Log {
        match self {
            Self::CheckIns(log) => log,
            Self::Guitar(session) => &session.log,
        }
    }
}

/// A followed topic.
pub(super) struct Following {
    pub(super) topic: Topic,
    pub(super) source: Source,
    pub(super) reader: Reader<Answer>,
    /// The order of what the client plays there.
    pub(super) notes: Lane,
    /// The version of the latest values sent last.
    pub(super) latest: u64,
    /// When the state was given because the log began anew.
    anew_at: Millis,
    /// The host has not allowed this phone yet: it sits there and is told nothing.
    pub(super) waiting: bool,
}

impl Connection {
    /// Starts to follow a topic, and queues what brings the client from its position to now.
    /// `answer` turns the topic's answer into the text that has to come before that.
    pub(super) async fn follow(
        &mut self,
        request: &TopicRequest,
        answer: impl FnOnce(&TopicAnswer) -> Option<String>,
    ) -> Result<(), ErrorBody> {
        let topic = request.name;
        self.may_follow(topic)?;
        let known = self.following.iter().any(|f| f.topic == topic);
        if !known && self.following.len() >= self.state.config.limits.topics as usize {
            return Err(too_many_topics());
        }
        let source = source(&self.state, topic).await?;
        let role = self.principal.role_in(topic);
        let waiting = role == Some(Role::Waiting);
        if !known {
            self.sit_down(&source);
        }
        // From here on every event wakes this connection; the cursor below decides from where.
        source.log().follow(&self.handle);
        // Before the snapshot is read: figures that come meanwhile are sent, if need be again.
        let latest = source.log().latest_version();
        let caught_up = match waiting {
            true => Ok(CaughtUp::nothing(source.log().end())),
            false => catch_up(&self.state, self.dialect, &source, request.position()).await,
        };
        let caught_up = match caught_up {
            Ok(caught_up) => caught_up,
            Err(error) => {
                if !known {
                    self.stand_up(&source, Departure::Closed);
                }
                return Err(error);
            }
        };
        let told = TopicAnswer {
            name: topic,
            epoch: caught_up.end.epoch.clone(),
            offset: caught_up.end.offset,
            recovered: caught_up.recovered,
            replayed: caught_up.replayed,
            waiting,
        };
        if let Some(text) = answer(&told) {
            self.handle.push(text);
        }
        self.handle.push_catch_up(caught_up.texts);
        // Latest values are sent again after a resume.
        let latest = if caught_up.recovered { 0 } else { latest };
        let jumped = match self.following.iter_mut().find(|f| f.topic == topic) {
            Some(following) => {
                (following.source, following.latest, following.waiting) = (source, latest, waiting);
                following.reader.restart(caught_up.begin)
            }
            None => {
                let reader = Reader::new(caught_up.begin);
                // Most connections follow one topic; a vector would make room for four.
                self.following.reserve_exact(1);
                self.following.push(Following {
                    topic,
                    source,
                    reader,
                    notes: Lane::default(),
                    latest,
                    anew_at: 0,
                    waiting,
                });
                Vec::new()
            }
        };
        jumped.into_iter().for_each(|(id, outcome)| self.answer(id, Ok(outcome)));
        Ok(())
    }

    /// Stops following.
    pub(super) fn unfollow(&mut self, topic: Topic) {
        if let Some(at) = self.following.iter().position(|f| f.topic == topic) {
            let following = self.following.swap_remove(at);
            self.stand_up(&following.source, Departure::Closed);
            // Their places would have come with the events.
            for (id, outcome) in following.reader.leave() {
                self.answer(id, Ok(outcome));
            }
        }
    }

    /// Leaves every topic: the socket has ended.
    pub(super) fn unfollow_all(&mut self, how: Departure) {
        for following in std::mem::take(&mut self.following) {
            self.stand_up(&following.source, how);
        }
    }

    /// The next lines of a topic; or nothing, and a snapshot in the queue, when the ring does not
    /// lead to them any more.
    pub(super) async fn pull(
        &mut self,
        index: usize,
    ) -> Result<Vec<Line<Arc<Event>, Answer>>, CloseCode> {
        let (now, connection, ours) = (self.state.now(), self.handle.id, self.is_ours());
        let Some(following) = self.following.get_mut(index) else { return Ok(Vec::new()) };
        if following.waiting {
            return Ok(Vec::new());
        }
        match following.source.log().pull(&mut following.reader, PULL, now, connection) {
            Pulled::Lines(lines) => return Ok(lines),
            // The state that this connection was given is of a newer life than this node knows: it
            // looks, and goes on when it has caught up.
            Pulled::Anew if now - following.anew_at < ANEW_EVERY_MS => {
                following.source.log().suspect();
                return Ok(Vec::new());
            }
            // No fault of the client's: also one without positions gets the state.
            Pulled::Anew => following.anew_at = now,
            Pulled::Jumped => {}
            Pulled::Behind if ours => {}
            Pulled::Behind | Pulled::TooSlow => return Err(CloseCode::SlowConsumer),
        }
        let request = TopicRequest::new(following.topic, Some(following.reader.at()));
        // Boxed: this is rare, and an idle connection would keep room for it.
        let followed = Box::pin(self.follow(&request, |_| None)).await;
        followed.map_err(|_| CloseCode::SlowConsumer)?;
        Ok(Vec::new())
    }

    /// Whether the connection may see a topic; the refusal otherwise.
    pub(super) fn may_follow(&self, topic: Topic) -> Result<(), ErrorBody> {
        if self.principal.may_follow(topic) {
            return Ok(());
        }
        Err(match (topic, &self.principal.staff) {
            (Topic::CheckIns, None) => {
                ErrorBody::new(ErrorCode::NotSignedIn, "Sign in to follow check-ins.")
            }
            (Topic::CheckIns, Some(_)) => {
                ErrorBody::new(ErrorCode::NotAllowed, "Your role does not see check-ins.")
            }
            (Topic::Guitar(_), _) => ErrorBody::new(
                ErrorCode::InvalidSession,
                "This device is not part of that guitar session, or the session has ended.",
            ),
        })
    }

    /// Tells the session that this device is here.
    fn sit_down(&self, source: &Source) {
        if let Source::Guitar(session) = source
            && let Some(seat) = self.principal.seat(session.id)
        {
            let now = self.state.now();
            session.arrive(seat.id, seat.role, &self.device, &self.handle, self.visible, now);
        }
    }

    fn stand_up(&self, source: &Source, how: Departure) {
        source.log().unfollow(self.handle.id);
        if let Source::Guitar(session) = source
            && let Some(seat) = self.principal.seat(session.id)
        {
            session.depart(seat.id, self.handle.id, how, self.state.now());
        }
    }
}

pub(super) fn too_many_topics() -> ErrorBody {
    let text = "This connection follows as many topics as it may.";
    ErrorBody::new(ErrorCode::TooManyTopics, text)
}

async fn source(state: &AppState, topic: Topic) -> Result<Source, ErrorBody> {
    match topic {
        Topic::CheckIns => Ok(Source::CheckIns(Arc::clone(state.hub.checkins()))),
        Topic::Guitar(id) => Ok(Source::Guitar(state.guitar_session(id).await?)),
    }
}

/// What brings a client from its position to now: nothing, a replay, or a snapshot.
async fn catch_up(
    state: &AppState,
    dialect: Dialect,
    source: &Source,
    from: Option<Position>,
) -> Result<CaughtUp, ErrorBody> {
    let (mut way, mut end) = source.log().catch_up(from.as_ref());
    if let (CatchUp::Log, Source::Guitar(session)) = (way, source) {
        session.hurry(state.now()).await?;
        (way, end) = source.log().catch_up(from.as_ref());
    }
    match (way, from) {
        (CatchUp::Ring, Some(begin)) => {
            let replayed = end.offset - begin.offset;
            Ok(CaughtUp { end, begin, recovered: true, replayed, texts: Vec::new() })
        }
        (CatchUp::Log, Some(from)) if matches!(source, Source::CheckIns(_)) => {
            match replay(state, from).await? {
                Some(caught_up) => Ok(caught_up),
                None => snapshot(state, dialect, source).await,
            }
        }
        _ => snapshot(state, dialect, source).await,
    }
}

/// The events after a position from the database; `None` when the log never was there, when there
/// are too many, or one of them is of a kind that this version does not know.
async fn replay(state: &AppState, from: Position) -> Result<Option<CaughtUp>, ErrorBody> {
    let topic = Topic::CheckIns;
    // First the end: the log only grows, so what is read afterwards reaches at least as far.
    let log = state.store.position(topic).await.map_err(cadence_store::read_failed)?;
    if from.epoch != log.epoch || from.offset > log.offset {
        return Ok(None);
    }
    let events = match state.store.events_after(topic, from.offset, REPLAY_LIMIT as u32 + 1).await {
        Ok(events) if events.len() <= REPLAY_LIMIT => events,
        Ok(_) => return Ok(None),
        Err(ReplayError::Database(cause)) => return Err(cadence_store::read_failed(cause)),
        Err(_) => return Ok(None),
    };
    let replayed = events.len() as u64;
    let mut end = from;
    let texts = events
        .into_iter()
        .map(|event| {
            end.offset = event.offset;
            let mut envelope = Envelope::bare(event.message).at(topic, end.clone());
            envelope.ts = Some(event.ts);
            encode(&envelope)
        })
        .collect();
    Ok(Some(CaughtUp { begin: end.clone(), end, recovered: true, replayed, texts }))
}

async fn snapshot(
    state: &AppState,
    dialect: Dialect,
    source: &Source,
) -> Result<CaughtUp, ErrorBody> {
    let (snapshot, position) = match source {
        Source::CheckIns(_) => {
            let at =
                state.store.gym_snapshot(state.now()).await.map_err(cadence_store::read_failed)?;
            (Snapshot::CheckIns(at.data), at.position)
        }
        Source::Guitar(session) => {
            let (state, position) = session.snapshot();
            (Snapshot::Guitar(state), position)
        }
    };
    let topic = source.log().topic;
    let texts = match dialect {
        Dialect::Ours(_) => {
            let message = ServerMessage::Snapshot(snapshot);
            vec![encode(&Envelope::bare(message).at(topic, position.clone()))]
        }
        Dialect::Plain => plain_state(snapshot).into_iter().map(encode_bare).collect(),
    };
    let begin = position.clone();
    Ok(CaughtUp { end: position, begin, recovered: false, replayed: 0, texts })
}

/// A topic's state in the words that a plain client knows.
fn plain_state(snapshot: Snapshot) -> Vec<ServerMessage> {
    match snapshot {
        Snapshot::CheckIns(gym) => vec![ServerMessage::InitialStats(gym.stats)],
        Snapshot::Guitar(state) => {
            let chord = state.chord.map(|chord| {
                ServerMessage::Note(Note::ChordChange(protocol::guitar::ChordChange { chord }))
            });
            let practice = state.practice.map(ServerMessage::PracticeUpdate);
            chord.into_iter().chain(practice).collect()
        }
    }
}

fn encode_bare(message: ServerMessage) -> String {
    encode(&Envelope::bare(message))
}

struct CaughtUp {
    /// The log's end, as the client is told.
    end: Position,
    /// Where the reader begins.
    begin: Position,
    recovered: bool,
    replayed: u64,
    texts: Vec<String>,
}

impl CaughtUp {
    fn nothing(end: Position) -> Self {
        let begin = end.clone();
        Self { end, begin, recovered: false, replayed: 0, texts: Vec::new() }
    }
}
