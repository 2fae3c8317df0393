//! A session of one node: its log is the node's own.

use super::{
    deduplication::{RecentMessages, message_key},
    publication::PublishReceipt,
    session_home::SessionHome,
    session_state::{SessionCore, SessionState},
};
use cadence_base::sync::lock;
use futures_util::{FutureExt, future::BoxFuture};
use logic::{
    presence::{ParticipantChange, PhoneDecision, changed_participants},
    topic::TopicEvent,
};
use protocol::{ErrorBody, Millis, ServerMessage};
use std::sync::Mutex;

/// What a session needs beside its core when no other node shares it.
#[derive(Debug, Default)]
pub(super) struct LocalSession {
    recent: Mutex<RecentMessages>,
}

impl LocalSession {
    pub(super) fn publish_now(
        &self,
        core: &SessionCore,
        event: TopicEvent,
    ) -> Result<PublishReceipt, ErrorBody> {
        let key = message_key(&event);
        let mut state = core.state();
        let mut recent = lock(&self.recent);
        if let Some((id, content)) = key
            && let Some(at) = recent.place(id, content)?
        {
            return Ok(PublishReceipt { at, fresh: false });
        }
        state.count_and_apply(&event);
        let at = core.log.number_and_append(event);
        if let Some((id, content)) = key {
            recent.remember(id, content, at.clone());
        }
        Ok(PublishReceipt { at, fresh: true })
    }

    /// Publishes the participants who differ from what the state shows.
    fn publish_changes(
        core: &SessionCore,
        state: &mut SessionState,
        decisions: &[PhoneDecision],
        now: Millis,
    ) {
        let nodes = std::slice::from_ref(&state.seats);
        let changes = changed_participants(&state.guitar, &state.seats, nodes, decisions, now);
        for ParticipantChange { participant, .. } in changes {
            let message = ServerMessage::ConnectionUpdate(participant);
            logic::guitar::apply(&mut state.guitar, &message);
            core.log.number_and_append(TopicEvent::by_server(now, message));
        }
    }
}

impl SessionHome for LocalSession {
    fn publish<'s>(
        &'s self,
        core: &'s SessionCore,
        event: TopicEvent,
    ) -> BoxFuture<'s, Result<PublishReceipt, ErrorBody>> {
        std::future::ready(self.publish_now(core, event)).boxed()
    }

    fn seats_changed(&self, core: &SessionCore, state: &mut SessionState, now: Millis) {
        Self::publish_changes(core, state, &[], now);
    }

    fn decided(
        &self,
        core: &SessionCore,
        state: &mut SessionState,
        decision: PhoneDecision,
        now: Millis,
    ) {
        Self::publish_changes(core, state, &[decision], now);
    }

    fn drop_overtaken(&self, _decision: PhoneDecision) {
        // Decisions are published at once, so none waits.
    }

    fn sweep(&self, core: &SessionCore, state: &mut SessionState, now: Millis) {
        Self::publish_changes(core, state, &[], now);
        state.seats.sweep(now);
    }

    fn catch_up<'s>(
        &'s self,
        _core: &'s SessionCore,
        _now: Millis,
    ) -> BoxFuture<'s, Result<(), ErrorBody>> {
        std::future::ready(Ok(())).boxed()
    }
}
