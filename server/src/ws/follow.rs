//! Topics of a connection: catching up from the ring, from the database, or by snapshot.

use super::connection::{Connection, Dialect};
use crate::{
    hub::{
        SharedEvent,
        ring::{Log, Read},
        session::{Departure, SharedSession},
    },
    state::AppState,
    store::{self, events::ReplayError},
};
use protocol::{
    CloseCode, Envelope, ErrorBody, ErrorCode, Millis, Position, ServerMessage, Topic,
    account::Role,
    encode,
    server::{Outcome, Snapshot},
    topic::{TopicAnswer, TopicRequest},
};
use std::{collections::VecDeque, sync::Arc};
use uuid::Uuid;

/// Events of one replay from the database; more become a snapshot.
const REPLAY_LIMIT: usize = 1_000;
/// Events that one look at the ring takes.
const PULL: usize = 256;
/// A reader that fell behind the ring so often within the window is closed.
const BEHIND_LIMIT: usize = 3;
const BEHIND_WINDOW_MS: Millis = 30_000;

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
    pub(super) cursor: u64,
    /// Where the cursor began: no event up to here comes any more.
    pub(super) begun: u64,
    /// The version of the latest values sent last.
    pub(super) latest: u64,
    /// Answers that the cursor will meet.
    pub(super) expected: VecDeque<(u64, Option<Uuid>, Outcome)>,
    behind: VecDeque<Millis>,
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
            true => Ok(CatchUp::nothing(source.log().end())),
            false => catch_up(&self.state, self.dialect, &source, request.position()).await,
        };
        let catch_up = match caught_up {
            Ok(catch_up) => catch_up,
            Err(error) => {
                if !known {
                    self.stand_up(&source, Departure::Closed);
                }
                return Err(error);
            }
        };
        let told = TopicAnswer {
            name: topic,
            epoch: catch_up.end.epoch.clone(),
            offset: catch_up.end.offset,
            recovered: catch_up.recovered,
            replayed: catch_up.replayed,
            waiting,
        };
        if let Some(text) = answer(&told) {
            self.handle.push(text);
        }
        self.handle.push_catch_up(catch_up.texts);
        let mut following = Following {
            topic,
            source,
            cursor: catch_up.cursor,
            begun: catch_up.cursor,
            // Latest values are sent again after a resume.
            latest: if catch_up.recovered { 0 } else { latest },
            expected: VecDeque::new(),
            behind: VecDeque::new(),
            waiting,
        };
        match self.following.iter_mut().find(|f| f.topic == topic) {
            Some(place) => {
                following.expected = std::mem::take(&mut place.expected);
                following.behind = std::mem::take(&mut place.behind);
                *place = following;
            }
            None => self.following.push(following),
        }
        self.answer_jumped(topic);
        Ok(())
    }

    /// Stops following.
    pub(super) fn unfollow(&mut self, topic: Topic) {
        if let Some(at) = self.following.iter().position(|f| f.topic == topic) {
            let following = self.following.swap_remove(at);
            self.stand_up(&following.source, Departure::Closed);
        }
    }

    /// Leaves every topic: the socket has ended.
    pub(super) fn unfollow_all(&mut self, how: Departure) {
        for following in std::mem::take(&mut self.following) {
            self.stand_up(&following.source, how);
        }
    }

    /// The next events of a topic, or a snapshot in the queue when the ring lost the cursor.
    pub(super) async fn pull(&mut self, index: usize) -> Result<Vec<SharedEvent>, CloseCode> {
        let Some(following) = self.following.get_mut(index) else { return Ok(Vec::new()) };
        if following.waiting {
            return Ok(Vec::new());
        }
        if let Read::Events(events) = following.source.log().read_after(following.cursor, PULL) {
            if let Some(last) = events.last() {
                following.cursor = last.offset;
            }
            return Ok(events);
        }
        if self.dialect != Dialect::Ours {
            return Err(CloseCode::SlowConsumer);
        }
        let now = self.state.now();
        following.behind.push_back(now);
        following.behind.retain(|at| now - at < BEHIND_WINDOW_MS);
        if following.behind.len() >= BEHIND_LIMIT {
            return Err(CloseCode::SlowConsumer);
        }
        let topic = following.topic;
        let request = TopicRequest::new(topic, Some(&self.position_of(index)));
        // Boxed: this is rare, and an idle connection would keep room for it.
        let followed = Box::pin(self.follow(&request, |_| None)).await;
        followed.map_err(|_| CloseCode::SlowConsumer)?;
        Ok(Vec::new())
    }

    /// Answers whose events a snapshot or a replay jumped over.
    fn answer_jumped(&mut self, topic: Topic) {
        let Some(following) = self.following.iter_mut().find(|f| f.topic == topic) else { return };
        let cursor = following.cursor;
        let jumped: Vec<_> = following.expected.iter().filter(|e| e.0 <= cursor).cloned().collect();
        following.expected.retain(|e| e.0 > cursor);
        for (_, id, outcome) in jumped {
            self.answer(id, Ok(outcome));
        }
    }

    fn position_of(&self, index: usize) -> Position {
        let end = self.following.get(index).map(|f| f.source.log().end());
        let epoch = end.map(|end| end.epoch).unwrap_or_default();
        let offset = self.following.get(index).map_or(0, |f| f.cursor);
        Position { epoch, offset }
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
    position: Option<Position>,
) -> Result<CatchUp, ErrorBody> {
    let log = source.log();
    if let Some(position) = position.filter(|p| p.epoch == log.end().epoch) {
        if log.reaches(&position) {
            let end = log.end();
            let replayed = end.offset.saturating_sub(position.offset);
            let cursor = position.offset;
            return Ok(CatchUp { end, cursor, recovered: true, replayed, texts: Vec::new() });
        }
        if let Source::CheckIns(_) = source
            && let Some(catch_up) = replay(state, position).await?
        {
            return Ok(catch_up);
        }
    }
    snapshot(state, dialect, source).await
}

/// The events after a position from the database; `None` when there are too many or one of them
/// is of a kind that this version does not know.
async fn replay(state: &AppState, position: Position) -> Result<Option<CatchUp>, ErrorBody> {
    let events =
        state.store.events_after(Topic::CheckIns, position.offset, REPLAY_LIMIT as u32 + 1).await;
    let events = match events {
        Ok(events) if events.len() <= REPLAY_LIMIT => events,
        Ok(_) => return Ok(None),
        Err(ReplayError::Database(cause)) => return Err(store::read_failed(cause)),
        Err(_) => return Ok(None),
    };
    // A position beyond the log's end is of another life of the log.
    let Some(last) = events.last().map(|event| event.offset) else { return Ok(None) };
    let end = Position { epoch: position.epoch.clone(), offset: last };
    let replayed = events.len() as u64;
    let texts = events
        .into_iter()
        .map(|event| {
            let at = Position { epoch: position.epoch.clone(), offset: event.offset };
            let mut envelope = Envelope::bare(event.message).at(Topic::CheckIns, at);
            envelope.ts = Some(event.ts);
            encode(&envelope)
        })
        .collect();
    Ok(Some(CatchUp { end, cursor: last, recovered: true, replayed, texts }))
}

async fn snapshot(
    state: &AppState,
    dialect: Dialect,
    source: &Source,
) -> Result<CatchUp, ErrorBody> {
    let (snapshot, position) = match source {
        Source::CheckIns(_) => {
            let at = state.store.gym_snapshot(state.now()).await.map_err(store::read_failed)?;
            (Snapshot::CheckIns(at.data), at.position)
        }
        Source::Guitar(session) => {
            let (state, position) = session.snapshot();
            (Snapshot::Guitar(state), position)
        }
    };
    let topic = source.log().topic;
    let texts = match dialect {
        Dialect::Ours => {
            let message = ServerMessage::Snapshot(snapshot);
            vec![encode(&Envelope::bare(message).at(topic, position.clone()))]
        }
        Dialect::Plain => plain_state(snapshot).into_iter().map(encode_bare).collect(),
    };
    let cursor = position.offset;
    Ok(CatchUp { end: position, cursor, recovered: false, replayed: 0, texts })
}

/// A topic's state in the words that a plain client knows.
fn plain_state(snapshot: Snapshot) -> Vec<ServerMessage> {
    match snapshot {
        Snapshot::CheckIns(gym) => vec![ServerMessage::InitialStats(gym.stats)],
        Snapshot::Guitar(state) => {
            let chord = state
                .chord
                .map(|chord| ServerMessage::ChordChange(protocol::guitar::ChordChange { chord }));
            let practice = state.practice.map(ServerMessage::PracticeUpdate);
            chord.into_iter().chain(practice).collect()
        }
    }
}

fn encode_bare(message: ServerMessage) -> String {
    encode(&Envelope::bare(message))
}

struct CatchUp {
    end: Position,
    cursor: u64,
    recovered: bool,
    replayed: u64,
    texts: Vec<String>,
}

impl CatchUp {
    fn nothing(end: Position) -> Self {
        let cursor = end.offset;
        Self { end, cursor, recovered: false, replayed: 0, texts: Vec::new() }
    }
}
