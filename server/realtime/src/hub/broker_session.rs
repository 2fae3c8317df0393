//! A session that other nodes share: its log is the broker's. What follows from this node's devices
//! is published by [`super::session_sync`], which this wakes.

use super::{
    deduplication::message_key,
    publication::PublishReceipt,
    session_home::SessionHome,
    session_state::{SessionCore, SessionState},
};
use crate::broker::{AppendOutcome, Broker, BrokerAway, MessageKey, StreamReading};
use cadence_base::{refusal::id_conflict, sync::lock};
use futures_util::{FutureExt, future::BoxFuture};
use logic::{
    presence::{PhoneDecision, Seats},
    topic::{TopicEvent, practice},
};
use protocol::{ErrorBody, Millis, Position, ServerMessage, guitar::GuitarState};
use std::sync::Mutex;

/// What a session needs beside its core when other nodes share it.
#[derive(Debug)]
pub(super) struct BrokerSession {
    pub(super) broker: Broker,
    /// Locked after the session's state where both are.
    unpublished: Mutex<UnpublishedChanges>,
}

/// What the other nodes have not been given yet.
#[derive(Debug, Default)]
struct UnpublishedChanges {
    /// Devices of this node changed.
    devices: bool,
    /// Decisions of the host on this node.
    decisions: Vec<PhoneDecision>,
}

/// The state that a log's newest messages of each kind make.
pub(super) fn state_of(last: &[ServerMessage]) -> GuitarState {
    let mut state = GuitarState::default();
    last.iter().for_each(|message| logic::guitar::apply(&mut state, message));
    state
}

impl BrokerSession {
    pub(super) fn new(broker: Broker) -> Self {
        Self { broker, unpublished: Mutex::default() }
    }

    /// This node's devices, and the decisions that have not been published yet.
    pub(super) fn devices(&self, core: &SessionCore) -> (Seats, Vec<PhoneDecision>) {
        let state = core.state();
        let mut unpublished = lock(&self.unpublished);
        unpublished.devices = false;
        (state.seats.clone(), unpublished.decisions.clone())
    }

    /// The state, if it is the one at a place of the log and this node's devices are still these.
    pub(super) fn state_at(
        core: &SessionCore,
        at: &Position,
        devices: &Seats,
    ) -> Option<GuitarState> {
        let state = core.state();
        (core.log.end() == *at && state.seats == *devices).then(|| state.guitar.clone())
    }

    /// Wakes the synchronization to publish what changed.
    pub(super) fn devices_changed(&self, core: &SessionCore) {
        lock(&self.unpublished).devices = true;
        core.log.look();
    }

    /// Whether devices changed or decisions were made since [`Self::devices`] was called.
    pub(super) fn has_unpublished(&self) -> bool {
        let unpublished = lock(&self.unpublished);
        unpublished.devices || !unpublished.decisions.is_empty()
    }

    /// These decisions stand in the log now.
    pub(super) fn decisions_published(&self, decisions: &[PhoneDecision]) {
        lock(&self.unpublished).decisions.retain(|decision| !decisions.contains(decision));
    }

    /// Reads what the bus did not bring.
    pub(super) async fn read(&self, core: &SessionCore, now: Millis) -> Result<(), BrokerAway> {
        let from = core.log.end();
        let StreamReading { end, events, last } = match self.broker.read(core.id, &from).await {
            Ok(reading) => reading,
            Err(cause) => {
                core.log.failed();
                return Err(cause);
            }
        };
        let before = core.snapshot().0;
        let new_epoch = end.epoch != from.epoch;
        if !core.read(&from, &end, events, state_of(&last)) && new_epoch {
            self.restore(core, before, now).await?;
        }
        Ok(())
    }

    /// A log of a new epoch is empty: the practice is published again, once for all nodes. Phones
    /// send again what they hold, and devices follow from the seats.
    async fn restore(
        &self,
        core: &SessionCore,
        before: GuitarState,
        now: Millis,
    ) -> Result<(), BrokerAway> {
        let (state, at) = core.snapshot();
        let Some(practice) = practice::to_restore(before, &state) else { return Ok(()) };
        let event = TopicEvent::by_server(now, ServerMessage::PracticeUpdate(practice));
        let id = format!("practice of {}", at.epoch);
        // Without a hash, because each node publishes it as it saw it last.
        let once = MessageKey { id: &id, content: "" };
        let appended = self.broker.append(core.id, &at, once, &event, None).await?;
        if let AppendOutcome::New(at) = appended {
            core.take_placed(&at, event, false);
        }
        Ok(())
    }

    async fn append(
        &self,
        core: &SessionCore,
        event: TopicEvent,
    ) -> Result<PublishReceipt, ErrorBody> {
        let key = message_key(&event).map(|(id, content)| (id.to_string(), content.text()));
        let (id, content) = key.unwrap_or_default();
        let key = MessageKey { id: &id, content: &content };
        let appended = self.broker.append(core.id, &core.log.end(), key, &event, None).await?;
        match appended {
            AppendOutcome::New(at) => {
                core.take_placed(&at, event, true);
                Ok(PublishReceipt { at, fresh: true })
            }
            AppendOutcome::Repeated(at) => Ok(PublishReceipt { at, fresh: false }),
            AppendOutcome::Conflict => Err(id_conflict()),
            AppendOutcome::Outdated => Err(BrokerAway::outdated().into()),
        }
    }
}

impl SessionHome for BrokerSession {
    fn publish<'s>(
        &'s self,
        core: &'s SessionCore,
        event: TopicEvent,
    ) -> BoxFuture<'s, Result<PublishReceipt, ErrorBody>> {
        self.append(core, event).boxed()
    }

    fn seats_changed(&self, core: &SessionCore, _: &mut SessionState, _: Millis) {
        self.devices_changed(core);
    }

    fn decided(
        &self,
        core: &SessionCore,
        _: &mut SessionState,
        decision: PhoneDecision,
        _: Millis,
    ) {
        let mut unpublished = lock(&self.unpublished);
        // The newest decision about a phone replaces an older one, or the older would be published last.
        unpublished.decisions.retain(|one| one.about() != decision.about());
        unpublished.decisions.push(decision);
        unpublished.devices |= matches!(decision, PhoneDecision::Role(..));
        drop(unpublished);
        core.log.look();
    }

    fn drop_overtaken(&self, decision: PhoneDecision) {
        let about = decision.about();
        lock(&self.unpublished).decisions.retain(|one| one.about() != about || *one == decision);
    }

    fn sweep(&self, _: &SessionCore, state: &mut SessionState, now: Millis) {
        state.seats.sweep(now);
    }

    fn catch_up<'s>(
        &'s self,
        core: &'s SessionCore,
        now: Millis,
    ) -> BoxFuture<'s, Result<(), ErrorBody>> {
        async move { Ok(self.read(core, now).await?) }.boxed()
    }
}
