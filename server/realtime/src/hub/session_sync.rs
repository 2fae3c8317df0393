//! Keeps a session that other nodes share in step with them (anti-entropy): one task per session on
//! each node that has it.
//!
//! It reads from the broker's log what the bus did not bring, reports which devices this node has,
//! and publishes what follows from the devices of all nodes. Each publication is made on the
//! condition that the devices are still those that it was derived from, so that the last one is
//! always the true one.

use super::{broker_session::BrokerSession, session::Session, session_state::SessionCore};
use crate::broker::{AllSeats, AppendOutcome, BrokerAway, MessageKey};
use cadence_base::time::ServerClock;
use logic::{
    presence::{ParticipantChange, PhoneDecision, changed_participants},
    topic::{LogQuery, TopicEvent},
};
use protocol::{Millis, ServerMessage};
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How often the devices are compared when nothing has changed: well within a lease, and often
/// enough to see that a lease is over.
const COMPARE_INTERVAL: Duration = Duration::from_secs(1);
/// How many times devices are looked at again because they changed meanwhile.
const MAX_ROUNDS: usize = 3;
/// The wait after the broker did not answer.
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// What a node publishes about devices is not sent again, so it has no id.
const NO_KEY: MessageKey<'_> = MessageKey { id: "", content: "" };

/// Keeps a session in step until nothing on this node needs it. `clock` is the server's;
/// `carry_out` applies decisions of other nodes to this node's connections, and is false once the
/// hub is gone.
pub(super) async fn synchronize(
    session: Weak<Session>,
    home: Arc<BrokerSession>,
    clock: ServerClock,
    carry_out: impl Fn(Vec<PhoneDecision>) -> bool,
) {
    let mut compare_at = Instant::now();
    loop {
        let Some(session) = session.upgrade() else { return };
        let core = &session.core;
        let done = async {
            if core.log.next_query().is_some()
                || home.has_unpublished()
                || Instant::now() >= compare_at
            {
                compare_at = Instant::now() + COMPARE_INTERVAL;
                publish_devices(core, &home, clock()).await?;
            }
            if matches!(core.log.next_query(), Some(LogQuery::Events(_))) {
                home.read(core, clock()).await?;
            }
            Ok::<_, BrokerAway>(())
        };
        let wait = match done.await {
            Ok(()) => core.log.deadline().min(compare_at),
            Err(cause) => {
                tracing::debug!(%cause, session = %core.id, "a session is not in step for now");
                Instant::now() + RETRY_DELAY
            }
        };
        if !carry_out(session.take_received()) {
            return;
        }
        let changes = core.log.changes();
        // Drop the strong reference while idle, so that `forget_sessions` sees a count of one.
        drop(session);
        tokio::select! {
            () = changes.notified() => {}
            () = tokio::time::sleep_until(wait.into()) => {}
        }
    }
}

/// Reports this node's devices, and publishes what differs between the devices of all nodes and the
/// log's state; the answer also shows where the log ends.
async fn publish_devices(
    core: &SessionCore,
    home: &BrokerSession,
    now: Millis,
) -> Result<(), BrokerAway> {
    for _ in 0..MAX_ROUNDS {
        let (mine, decisions) = home.devices(core);
        let from = core.log.end();
        let all_seats = home.broker.seats(core.id, &from, &mine, now).await?;
        core.log.compared(&from, &all_seats.end);
        // Either could have changed while the broker was asked.
        let Some(state) = BrokerSession::state_at(core, &all_seats.end, &mine) else {
            home.read(core, now).await?;
            continue;
        };
        let changes = changed_participants(&state, &mine, &all_seats.nodes, &decisions, now);
        if publish(core, home, &all_seats, changes, now).await? {
            home.decisions_published(&decisions);
            return Ok(());
        }
    }
    // Devices change all the time: the next round is soon.
    home.devices_changed(core);
    Ok(())
}

/// Publishes the changes; false when the devices changed meanwhile.
async fn publish(
    core: &SessionCore,
    home: &BrokerSession,
    all_seats: &AllSeats,
    changes: Vec<ParticipantChange>,
    now: Millis,
) -> Result<bool, BrokerAway> {
    for ParticipantChange { participant, decided } in changes {
        let message = ServerMessage::ConnectionUpdate(participant);
        let event = TopicEvent { decided, ..TopicEvent::by_server(now, message) };
        let version = Some(all_seats.version.as_str());
        match home.broker.append(core.id, &all_seats.end, NO_KEY, &event, version).await? {
            AppendOutcome::New(at) => core.take_placed(&at, event, false),
            AppendOutcome::Repeated(_) | AppendOutcome::Conflict => {}
            AppendOutcome::Outdated => return Ok(false),
        }
    }
    Ok(true)
}
