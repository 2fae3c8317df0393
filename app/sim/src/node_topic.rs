//! One topic of a node: the log under test, and stand-ins for its queries.

use crate::reference::{self, BEGIN, GYM, Reference, ReferenceLog};
use logic::{
    Monotonic,
    topic::{LogQuery, TopicEvent, TopicLog, TopicSource},
};
use protocol::{
    Position, ServerMessage, Topic,
    guitar::GuitarState,
    gym::{GymClock, GymSnapshot, Stats},
    server::Snapshot,
};
use std::{
    cell::{Cell, RefCell},
    ops::Deref,
    rc::Rc,
};

/// One topic of a node, shared with the connections that follow it.
#[derive(Debug)]
pub struct NodeTopic {
    topic: Topic,
    log: RefCell<TopicLog<String>>,
    /// The state of a session at the ring's end.
    state: RefCell<GuitarState>,
    /// A reading of the log is in progress.
    pub reading: Cell<bool>,
    /// A connection has seen another epoch.
    pub suspected: Cell<bool>,
}

/// A node's topic, as connections hold it.
#[derive(Debug, Clone)]
pub struct SharedTopic(Rc<NodeTopic>);

impl Deref for SharedTopic {
    type Target = NodeTopic;

    fn deref(&self) -> &NodeTopic {
        &self.0
    }
}

/// The result of a query to a log.
#[derive(Debug)]
pub struct SimulatedReading {
    from: Position,
    end: Position,
    events: Option<Vec<(u64, i64, TopicEvent)>>,
    state: GuitarState,
}

impl NodeTopic {
    pub(crate) fn open(
        now: i64,
        topic: Topic,
        capacity: usize,
        reference: &Reference,
    ) -> SharedTopic {
        let end = reference.log(topic).end().clone();
        SharedTopic(Rc::new(Self {
            topic,
            log: RefCell::new(TopicLog::new(
                topic,
                Monotonic::from_ms(now),
                end,
                capacity,
                300_000,
            )),
            state: RefCell::new(state_at_end(reference.log(topic))),
            reading: Cell::new(false),
            suspected: Cell::new(false),
        }))
    }

    /// Which topic it is.
    pub fn name(&self) -> Topic {
        self.topic
    }

    /// The position of the newest event.
    pub fn end(&self) -> Position {
        self.log.borrow().end().clone()
    }

    /// The state of a session at the ring's end.
    pub fn state(&self) -> GuitarState {
        self.state.borrow().clone()
    }

    /// When [`NodeTopic::next_query`] becomes due.
    pub fn deadline(&self) -> i64 {
        self.log.borrow().deadline().as_ms()
    }

    /// The reading that is due.
    pub fn next_query(&self, now: i64) -> Option<LogQuery> {
        self.log.borrow().next_query(Monotonic::from_ms(now))
    }

    /// Makes a comparison due, if a connection has seen another epoch.
    pub fn take_suspicion(&self, now: i64) -> bool {
        let suspected = self.suspected.take();
        if suspected {
            self.log.borrow_mut().suspect(Monotonic::from_ms(now));
        }
        suspected
    }

    /// An event with its place, from this node or another.
    pub fn take_placed(&self, now: i64, at: &Position, event: TopicEvent) {
        let mut log = self.log.borrow_mut();
        for published in log.take_placed(Monotonic::from_ms(now), at, event) {
            logic::guitar::apply(&mut self.state.borrow_mut(), &published.event.message);
        }
        if self.topic == GYM {
            // The figures are counted in the same transaction.
            log.set_figures(stats(at.offset));
        }
    }

    /// What a query reads now; the answer takes a while.
    pub fn query(&self, query: &LogQuery, reference: &Reference) -> SimulatedReading {
        let log = reference.log(self.topic);
        let (from, with_events) = match query {
            LogQuery::End(from) => (from, false),
            LogQuery::Events(from) => (from, true),
        };
        let events = with_events.then(|| {
            let events = log.after(from.offset).into_iter();
            events.map(|(offset, record)| (offset, record.event.ts, record.event)).collect()
        });
        SimulatedReading {
            from: from.clone(),
            end: log.end().clone(),
            events,
            state: state_at_end(log),
        }
    }

    /// The answer of a query arrives.
    pub fn read(&self, now: i64, reading: SimulatedReading) {
        let SimulatedReading { from, end, events, state } = reading;
        let (mut log, now) = (self.log.borrow_mut(), Monotonic::from_ms(now));
        let Some(events) = events else { return log.compared(now, &from, &end) };
        match log.read(now, &from, &end, events) {
            Some(appended) => {
                for published in appended {
                    logic::guitar::apply(&mut self.state.borrow_mut(), &published.event.message);
                }
            }
            None => *self.state.borrow_mut() = state,
        }
        if self.topic == GYM {
            let reached = log.end().offset;
            log.set_figures(stats(reached));
        }
    }

    /// A query failed.
    pub fn failed(&self, now: i64) {
        self.log.borrow_mut().failed(Monotonic::from_ms(now));
    }

    /// The state and its position, from one consistent view.
    pub fn snapshot(&self, reference: &Reference) -> (Snapshot, Position) {
        match self.topic {
            Topic::CheckIns => {
                let at = reference.gym.end().clone();
                (gym_snapshot(reference, &at), at)
            }
            Topic::Guitar(_) => (Snapshot::Guitar(self.state()), self.end()),
        }
    }
}

impl TopicSource for SharedTopic {
    type Payload = String;

    fn with_log<R>(&self, access: impl FnOnce(&mut TopicLog<String>) -> R) -> R {
        access(&mut self.log.borrow_mut())
    }

    fn suspect(&self) {
        self.suspected.set(true);
    }
}

/// A session's state at the end of its log, as the broker's hash of last values holds it.
fn state_at_end(log: &ReferenceLog) -> GuitarState {
    let mut state = GuitarState::default();
    for record in log.until(log.end()) {
        logic::guitar::apply(&mut state, &record.event.message);
    }
    state
}

fn gym_snapshot(reference: &Reference, at: &Position) -> Snapshot {
    let visits = reference.gym.until(at).iter().filter_map(|record| match &record.event.message {
        ServerMessage::MemberCheckedIn { visit, .. } => Some(visit.clone()),
        _ => None,
    });
    Snapshot::CheckIns(GymSnapshot {
        stats: stats(at.offset),
        clock: GymClock {
            gym: "Gym".to_owned(),
            utc_offset_minutes: 0,
            day_start: BEGIN,
            day_end: BEGIN + 86_400_000,
            capacity: 0,
            undo_ms: 0,
            repeat_ms: 0,
        },
        activity: Vec::new(),
        visits: visits.collect(),
        hours: Vec::new(),
    })
}

/// The figures at an offset.
pub(crate) fn stats(as_of_offset: u64) -> Stats {
    Stats {
        currently_in: as_of_offset as i64,
        today_total: as_of_offset as i64,
        average_stay_minutes: None,
        finished_visits: 0,
        as_of_offset,
        timestamp: BEGIN,
    }
}

/// The practice clock that a session's state shows.
pub fn shown_step(topic: Option<&SharedTopic>) -> Option<u64> {
    let practice = topic?.state().practice?;
    reference::clock_in(&[reference::shown(&practice)])
}
