//! A session of one node: its log is the node's own.

use super::{
    deduplication::{RecentMessages, message_key},
    publication::PublishReceipt,
    session_home::SessionHome,
    session_state::{PhoneDecision, SessionCore, SessionState},
};
use cadence_base::sync::lock;
use futures_util::{FutureExt, future::BoxFuture};
use logic::{presence, topic::TopicEvent};
use protocol::{
    ErrorBody, Millis, SeatId, ServerMessage,
    account::Role,
    guitar::{Participant, Presence},
};
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
        let at = core.log.append_numbered(event);
        if let Some((id, content)) = key {
            recent.remember(id, content, at.clone());
        }
        Ok(PublishReceipt { at, fresh: true })
    }

    fn publish_participant(
        core: &SessionCore,
        state: &mut SessionState,
        participant: Participant,
        now: Millis,
    ) {
        let message = ServerMessage::ConnectionUpdate(participant);
        logic::guitar::apply(&mut state.guitar, &message);
        core.log.append_numbered(TopicEvent::by_server(now, message));
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

    /// Publishes the participant when it differs from what the state shows.
    fn seat_changed(&self, core: &SessionCore, state: &mut SessionState, who: SeatId, now: Millis) {
        let Some(participant) = presence::participant([&state.seats], who, now) else { return };
        if !state.guitar.participants.contains(&participant) {
            Self::publish_participant(core, state, participant, now);
        }
    }

    fn decided(
        &self,
        core: &SessionCore,
        state: &mut SessionState,
        decision: PhoneDecision,
        now: Millis,
    ) {
        match decision {
            PhoneDecision::Role(phone, _) => {
                self.seat_changed(core, state, SeatId::phone(phone), now);
            }
            PhoneDecision::Removed(phone) => {
                if let Some(known) = state.participant(SeatId::phone(phone)).cloned() {
                    let (role, status) = (Role::Waiting, Presence::Disconnected);
                    Self::publish_participant(
                        core,
                        state,
                        Participant { role, status, ..known },
                        now,
                    );
                }
            }
        }
    }

    fn drop_overtaken(&self, _decision: PhoneDecision) {
        // Decisions are published at once, so none waits.
    }

    fn sweep(&self, core: &SessionCore, state: &mut SessionState, now: Millis) {
        let seated: Vec<SeatId> = state.seats.everybody().collect();
        for who in seated {
            self.seat_changed(core, state, who, now);
        }
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
