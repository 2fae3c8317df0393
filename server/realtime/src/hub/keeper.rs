//! What keeps a session that other nodes share: one task per session on each node that has it.
//!
//! It reads from the broker's log what the bus did not bring, tells which devices this node has,
//! and announces what follows from everybody's devices. Whoever announces makes sure that the
//! devices are still those that it looked at, so that the last word is always the true one.

use super::session::{Decision, Session};
use crate::broker::{Appended, Away, Broker, Everybody, MessageId, Reading};
use cadence_base::time::ServerClock;
use logic::{
    presence::{self, Seats},
    topic::{LogQuery, TopicEvent, practice},
};
use protocol::{
    ErrorBody, Millis, ServerMessage,
    account::Role,
    guitar::{GuitarState, Participant, Presence},
};
use std::{
    collections::BTreeSet,
    sync::Weak,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How often the devices are compared when nothing has changed: well within a lease, and often
/// enough to see that a lease is over.
const COMPARE_EVERY: Duration = Duration::from_secs(1);
/// So often devices are looked at again because they changed meanwhile.
const ROUNDS: usize = 3;
/// After the broker did not answer.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// What a node says of devices is not sent again.
const NO_ID: MessageId<'_> = MessageId { id: "", content: "" };

/// The state that a log's newest messages of each kind make.
pub(super) fn state_of(last: &[ServerMessage]) -> GuitarState {
    let mut state = GuitarState::default();
    last.iter().for_each(|message| logic::guitar::apply(&mut state, message));
    state
}

/// Keeps a session until nothing on this node needs it. `clock` is the server's; `carry_out` brings
/// a decision of another node to this node's connections, and is false once the hub is gone.
pub(super) async fn keep(
    session: Weak<Session>,
    clock: ServerClock,
    carry_out: impl Fn(Vec<Decision>) -> bool,
) {
    let mut compare_at = Instant::now();
    loop {
        let Some(session) = session.upgrade() else { return };
        let Some(broker) = &session.broker else { return };
        let done = async {
            if session.log.next_query().is_some()
                || session.has_news()
                || Instant::now() >= compare_at
            {
                compare_at = Instant::now() + COMPARE_EVERY;
                announce(&session, broker, clock()).await?;
            }
            if matches!(session.log.next_query(), Some(LogQuery::Events(_))) {
                read(&session, broker, clock()).await?;
            }
            Ok::<_, Away>(())
        };
        let wait = match done.await {
            Ok(()) => session.log.deadline().min(compare_at),
            Err(cause) => {
                tracing::debug!(%cause, session = %session.id, "a session is kept alone for now");
                Instant::now() + AGAIN_AFTER
            }
        };
        if !carry_out(session.take_heard()) {
            return;
        }
        let changes = session.log.changes();
        // Without a strong reference while idle, so that `forget_sessions` sees a count of one.
        drop(session);
        tokio::select! {
            () = changes.notified() => {}
            () = tokio::time::sleep_until(wait.into()) => {}
        }
    }
}

impl Session {
    /// Reads the shared log now, because a client has seen more of it than this node.
    ///
    /// # Errors
    /// `broker_unavailable` when the other nodes cannot be reached.
    pub async fn hurry(&self, now: Millis) -> Result<(), ErrorBody> {
        match &self.broker {
            Some(broker) => Ok(read(self, broker, now).await?),
            None => Ok(()),
        }
    }
}

/// Reads what the bus did not bring.
pub(super) async fn read(session: &Session, broker: &Broker, now: Millis) -> Result<(), Away> {
    let from = session.log.end();
    let Reading { end, events, last } = match broker.read(session.id, &from).await {
        Ok(reading) => reading,
        Err(cause) => {
            session.log.failed();
            return Err(cause);
        }
    };
    let before = session.snapshot().0;
    let another_life = end.epoch != from.epoch;
    if !session.read(&from, &end, events, state_of(&last)) && another_life {
        restore(session, broker, before, now).await?;
    }
    Ok(())
}

/// A new life of the log knows nothing: what lasts is said again, once for all nodes. Phones say
/// themselves what they hold, and devices follow from the seats.
async fn restore(
    session: &Session,
    broker: &Broker,
    before: GuitarState,
    now: Millis,
) -> Result<(), Away> {
    let (state, at) = session.snapshot();
    let Some(practice) = practice::to_restore(before, &state) else { return Ok(()) };
    let message = ServerMessage::PracticeUpdate(practice);
    let fact = TopicEvent::by_server(now, message);
    let id = format!("practice of {}", at.epoch);
    // Each node says it as it saw it last.
    let once = MessageId { id: &id, content: "" };
    if let Appended::New(at) = broker.append(session.id, &at, once, &fact, None).await? {
        session.hint(&at, fact, false);
    }
    Ok(())
}

/// Tells this node's devices, and whatever of everybody's has not been said yet; on the way it
/// learns where the log ends.
async fn announce(session: &Session, broker: &Broker, now: Millis) -> Result<(), Away> {
    for _ in 0..ROUNDS {
        let (mine, decisions) = session.devices();
        let from = session.log.end();
        let everybody = broker.seats(session.id, &from, &mine, now).await?;
        session.log.compared(&from, &everybody.end);
        // Either could have changed while the broker was asked.
        let Some(state) = session.state_at(&everybody.end, &mine) else {
            read(session, broker, now).await?;
            continue;
        };
        let news = news(&state, &mine, &everybody.nodes, &decisions, now);
        if say(session, broker, &everybody, news, now).await? {
            session.told(&decisions);
            return Ok(());
        }
    }
    // Much is going on: the next look is soon.
    session.devices_changed();
    Ok(())
}

/// Says the news; false when the devices changed meanwhile.
async fn say(
    session: &Session,
    broker: &Broker,
    everybody: &Everybody,
    news: Vec<(Participant, bool)>,
    now: Millis,
) -> Result<bool, Away> {
    for (participant, decided) in news {
        let message = ServerMessage::ConnectionUpdate(participant);
        let fact = TopicEvent { decided, ..TopicEvent::by_server(now, message) };
        let version = Some(everybody.version.as_str());
        match broker.append(session.id, &everybody.end, NO_ID, &fact, version).await? {
            Appended::New(at) => session.hint(&at, fact, false),
            Appended::Repeated(_) | Appended::Conflict => {}
            Appended::Outdated => return Ok(false),
        }
    }
    Ok(true)
}

/// What has to be said, and whether it is the host's word: participants whose state differs from
/// what everybody was told. A role is what the host decided here, what the node of the device says,
/// or what was told before.
fn news(
    state: &GuitarState,
    mine: &Seats,
    nodes: &[Seats],
    decisions: &[Decision],
    now: Millis,
) -> Vec<(Participant, bool)> {
    let everybody: BTreeSet<Uuid> = nodes
        .iter()
        .flat_map(Seats::everybody)
        .chain(state.participants.iter().map(|participant| participant.user_id))
        .collect();
    let differs = |who: Uuid| {
        let told = state.participants.iter().find(|participant| participant.user_id == who);
        let gone = Presence::Disconnected;
        let mut is = match presence::participant(nodes, who, now) {
            Some(participant) => participant,
            // Every node has given it up.
            None => Participant { status: gone, ..told?.clone() },
        };
        if let Some(told) = told.filter(|_| mine.seat(who).is_none()) {
            is.role = told.role;
        }
        let mut decided = false;
        for decision in decisions.iter().filter(|decision| decision.about() == who) {
            decided = true;
            match decision {
                Decision::Role(_, role) => is.role = *role,
                Decision::Removed(_) => (is.role, is.status) = (Role::Waiting, gone),
            }
        }
        let differs = match told {
            Some(told) => is != *told,
            None => decided || is.status != gone,
        };
        differs.then_some((is, decided))
    };
    everybody.into_iter().filter_map(differs).collect()
}
