//! Where a followed topic's events come from, and how its catch-up is read.

use crate::{guitar::session, state::AppState};
use cadence_realtime::hub::{
    log::{EncodedLog, EncodedMessage, NodeLog},
    session::SharedSession,
};
use cadence_store::{self as store, events::ReplayError};
use logic::topic::{
    CatchUp, CatchUpStep, CaughtUp, LogReplay, TopicSource, catch_up::MAX_REPLAYED_EVENTS,
};
use protocol::{ErrorBody, Position, Topic, server::Snapshot};
use std::sync::Arc;

/// Where a topic's events come from.
pub(super) enum FollowedSource {
    CheckIns(Arc<NodeLog>),
    Guitar(SharedSession),
}

impl TopicSource for FollowedSource {
    type Payload = EncodedMessage;

    fn with_log<R>(&self, access: impl FnOnce(&mut EncodedLog) -> R) -> R {
        self.log().with(access)
    }

    fn suspect(&self) {
        self.log().suspect();
    }
}

impl FollowedSource {
    /// The source of a topic.
    pub(super) async fn open(state: &AppState, topic: Topic) -> Result<Self, ErrorBody> {
        match topic {
            Topic::CheckIns => Ok(Self::CheckIns(Arc::clone(state.hub.checkins()))),
            Topic::Guitar(id) => {
                Ok(Self::Guitar(session::open(&state.store, &state.hub, id).await?))
            }
        }
    }

    pub(super) fn log(&self) -> &NodeLog {
        match self {
            Self::CheckIns(log) => log,
            Self::Guitar(session) => session.log(),
        }
    }

    /// Does the reading that a catch-up asks for.
    pub(super) async fn catch_up(
        &self,
        state: &AppState,
        mut catch_up: CatchUp,
    ) -> Result<CaughtUp, ErrorBody> {
        let mut step = self.with_log(|log| catch_up.next(log));
        loop {
            step = match step {
                CatchUpStep::Done(caught_up) => return Ok(caught_up),
                CatchUpStep::RefreshRing => {
                    self.refresh(state).await?;
                    self.with_log(|log| catch_up.next(log))
                }
                CatchUpStep::Replay(from) => catch_up.replayed(replay(state, &from).await?),
                CatchUpStep::Snapshot => {
                    let (snapshot, position) = self.snapshot(state).await?;
                    return Ok(catch_up.snapshot(snapshot, position));
                }
            };
        }
    }

    async fn refresh(&self, state: &AppState) -> Result<(), ErrorBody> {
        match self {
            Self::CheckIns(_) => Ok(()),
            Self::Guitar(session) => session.catch_up(state.now()).await,
        }
    }

    async fn snapshot(&self, state: &AppState) -> Result<(Snapshot, Position), ErrorBody> {
        match self {
            Self::CheckIns(_) => {
                let at = state.store.gym_snapshot(state.now()).await.map_err(store::read_failed)?;
                Ok((Snapshot::CheckIns(at.data), at.position))
            }
            Self::Guitar(session) => {
                let (state, position) = session.snapshot();
                Ok((Snapshot::Guitar(state), position))
            }
        }
    }
}

/// Reads the check-ins after a position from the database.
async fn replay(state: &AppState, from: &Position) -> Result<LogReplay, ErrorBody> {
    let topic = Topic::CheckIns;
    // First the end: the log only grows, so what is read afterwards reaches at least as far.
    let end = state.store.position(topic).await.map_err(store::read_failed)?;
    let limit = MAX_REPLAYED_EVENTS as u32 + 1;
    let events = match state.store.events_after(topic, from.offset, limit).await {
        Ok(events) => {
            let events = events.into_iter();
            Some(events.map(|event| (event.offset, event.ts, event.message)).collect())
        }
        Err(ReplayError::Database(cause)) => return Err(store::read_failed(cause)),
        Err(_) => None,
    };
    Ok(LogReplay { end, events })
}
