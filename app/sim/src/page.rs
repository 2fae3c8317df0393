//! A browser page: the real link, an outbox that survives reloads, and a view that checks what it
//! is shown against what really happened.

use crate::{
    reference::{self, BEGIN, LogRecord, Reference},
    roles::PageRoles,
};
use logic::{
    Monotonic,
    link::{Delivery, Effect, Link, Now, OutboxRecord},
};
use protocol::{
    ClientMessage, ErrorBody, ErrorCode, MessageId, Position, SeatId, ServerMessage, Topic,
    server::{Outcome, Snapshot},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a page shows of one topic.
#[derive(Debug, Default)]
pub struct PageView {
    /// Everything up to here is applied.
    pub at: Option<Position>,
    /// The marks of the state: visits in their order, or the chord that is held.
    pub state: Vec<String>,
    /// Own messages that were applied, in this view's life.
    applied: BTreeSet<MessageId>,
}

/// A message that a person made.
#[derive(Debug, Clone)]
pub struct SentMessage {
    /// Its topic.
    pub topic: Topic,
    /// In which stay: notes of an earlier one are given up, and may come late.
    pub stay: u32,
    /// Whether it must not get lost.
    pub command: bool,
    /// Whether the page's role may send it; otherwise it has to be refused.
    pub allowed: bool,
    /// How often the page of this life was answered.
    pub answers: usize,
    /// Answered in any life.
    pub done: bool,
}

/// One device with one page.
#[derive(Debug)]
pub struct SimulatedPage {
    /// Grows with every reload.
    pub life: u32,
    /// Grows also when a person leaves a part of the page.
    stay: u32,
    /// The real state machine.
    pub link: Link,
    /// What it follows.
    pub topics: Vec<Topic>,
    /// Its device's seat in the session.
    pub seat: SeatId,
    /// What it may do: phone, host's PC, spectator, desk or dashboard.
    pub roles: PageRoles,
    /// What it follows only later: a person looks at something else.
    pub left: Option<Topic>,
    /// What it shows.
    pub views: BTreeMap<Topic, PageView>,
    /// The browser's database.
    pub outbox: BTreeMap<MessageId, OutboxRecord>,
    /// Everything that was made on this device.
    pub made: BTreeMap<MessageId, SentMessage>,
    /// The person has closed it for good.
    pub closed: bool,
    /// Nothing runs until then.
    pub asleep_until: i64,
    /// No network until then.
    pub offline_until: i64,
    /// The wall clock is wrong by this much.
    pub skew: i64,
    /// The browser's database loses deletions just now.
    pub forgetful: bool,
    /// When the next tick is due in the queue.
    pub tick_at: Option<i64>,
    born: i64,
}

impl SimulatedPage {
    /// A page that was just opened, with what an earlier one left in the outbox.
    pub fn open(now: i64, number: usize, seed: u64, topics: Vec<Topic>, roles: PageRoles) -> Self {
        let mut page = Self {
            life: 0,
            stay: 0,
            link: Link::new("sim", true, seed, ServerMessage::read),
            topics,
            seat: SeatId(Uuid::from_u128(0x1_0000 + number as u128)),
            roles,
            left: None,
            views: BTreeMap::new(),
            outbox: BTreeMap::new(),
            made: BTreeMap::new(),
            closed: false,
            asleep_until: 0,
            offline_until: 0,
            skew: 0,
            forgetful: false,
            tick_at: None,
            born: now,
        };
        page.begin(now);
        page
    }

    /// The page is loaded again: only the outbox survives.
    pub fn reload(&mut self, now: i64, seed: u64) {
        self.life += 1;
        self.stay += 1;
        self.link = Link::new("sim", true, seed, ServerMessage::read);
        self.views.clear();
        self.asleep_until = 0;
        self.forgetful = false;
        self.left = None;
        self.tick_at = None;
        self.born = now;
        self.made.values_mut().for_each(|made| made.answers = 0);
        self.begin(now);
    }

    /// A person closes the page, and does not come back.
    pub fn close(&mut self) {
        self.closed = true;
        self.life += 1;
        self.link = Link::new("sim", true, 0, ServerMessage::read);
        self.views.clear();
        self.left = None;
    }

    fn begin(&mut self, now: i64) {
        let records = self.outbox.values().cloned().collect();
        let now = self.now(now);
        for topic in self.topics.clone() {
            self.views.insert(topic, PageView::default());
            self.link.follow(now, topic, None);
        }
        self.link.restore(now, records);
    }

    /// Its two clocks.
    pub fn now(&self, now: i64) -> Now {
        Now { mono: Monotonic::from_ms(now - self.born), wall: BEGIN + now + self.skew }
    }

    /// A person leaves one part of the page.
    pub fn leave(&mut self, now: i64, topic: Topic) {
        self.left = Some(topic);
        self.stay += 1;
        self.link.unfollow(self.now(now), topic);
    }

    /// A person comes back to it.
    pub fn come_back(&mut self, now: i64) {
        if let Some(topic) = self.left.take() {
            self.views.insert(topic, PageView::default());
            self.link.follow(self.now(now), topic, None);
        }
    }

    /// A person does something.
    pub fn make(&mut self, now: i64, id: MessageId, topic: Topic, message: ClientMessage) {
        let command = message.is_command();
        let allowed = self.roles.may_act_in(topic);
        let stay = self.stay;
        let made = SentMessage { topic, stay, command, allowed, answers: 0, done: false };
        self.made.insert(id, made);
        self.link.send(self.now(now), id, topic, message);
    }

    /// Takes the effects, carries out those of the page, and returns those of the network.
    pub fn work(&mut self, reference: &Reference) -> Vec<Effect> {
        let mut network = Vec::new();
        while let Some(effect) = self.link.poll() {
            match effect {
                Effect::Deliver(topic, delivery) => self.deliver(topic, delivery, reference),
                Effect::Save(record) => {
                    self.outbox.insert(record.id, record);
                }
                // A page that dies at this moment takes the deletion with it.
                Effect::Forget(id) if !self.forgetful => {
                    self.outbox.remove(&id);
                }
                Effect::Forget(_) => {}
                Effect::Refresh | Effect::Renew => panic!("the simulation has no sign-in"),
                effect => network.push(effect),
            }
        }
        network
    }

    fn deliver(&mut self, topic: Topic, delivery: Delivery, reference: &Reference) {
        match delivery {
            Delivery::Snapshot { snapshot, position } => {
                let state = shown(&snapshot);
                assert_eq!(
                    state,
                    reference.state(topic, &position),
                    "a false snapshot at {position:?}"
                );
                let view = self.views.entry(topic).or_default();
                *view = PageView { at: Some(position), state, applied: BTreeSet::new() };
            }
            Delivery::Event { message: ServerMessage::StatsUpdate(stats), .. } => {
                let reached = self.views.get(&topic).and_then(|view| view.at.as_ref());
                assert!(
                    reached.is_some_and(|at| stats.as_of_offset <= at.offset),
                    "figures of {} at {reached:?}",
                    stats.as_of_offset
                );
            }
            Delivery::Event { message, offset, .. } => {
                let offset = offset.expect("every other event has its place");
                let record = self.advance(topic, offset, reference);
                assert_eq!(message, record.event.message, "another event at {offset}");
                self.apply(topic, &record);
            }
            Delivery::Answer { id, result, offset, .. } => {
                self.answered(id, &result);
                if let Some(offset) = offset {
                    let record = self.advance(topic, offset, reference);
                    assert_eq!(record.id, id, "an answer in the place of another event");
                    self.apply(topic, &record);
                }
            }
            Delivery::Waiting | Delivery::Refused(_) => panic!("everybody may see everything"),
        }
    }

    fn answered(&mut self, id: MessageId, result: &Result<Outcome, ErrorBody>) {
        let made = self.made.get_mut(&id).expect("the answer to a message of this device");
        made.answers += 1;
        made.done = true;
        assert_eq!(made.answers, 1, "{id} was answered twice");
        if !made.allowed {
            let refused = matches!(result, Err(error) if error.code == ErrorCode::NotAllowed);
            // A note that was given up is answered with another error.
            assert!(
                refused || !made.command && result.is_err(),
                "{id} was let through: {result:?}"
            );
        } else {
            assert!(!made.command || result.is_ok(), "the command {id} failed: {result:?}");
        }
    }

    /// The next place of a topic, and what stands there.
    fn advance(&mut self, topic: Topic, offset: u64, reference: &Reference) -> LogRecord {
        let view = self.views.get_mut(&topic).expect("a followed topic");
        let at = view.at.as_mut().expect("events come after a snapshot");
        assert_eq!(offset, at.offset + 1, "a hole or a double in {topic}");
        at.offset = offset;
        reference.log(topic).at(&at.epoch, offset).expect("an event that happened").clone()
    }

    fn apply(&mut self, topic: Topic, record: &LogRecord) {
        let view = self.views.get_mut(&topic).expect("a followed topic");
        assert!(view.applied.insert(record.id), "{} was applied twice", record.id);
        reference::apply(&mut view.state, &record.event.message);
    }
}

fn shown(snapshot: &Snapshot) -> Vec<String> {
    match snapshot {
        Snapshot::CheckIns(gym) => gym.visits.iter().map(|visit| visit.id.to_string()).collect(),
        Snapshot::Guitar(state) => {
            let clock = state.practice.as_ref().map(reference::shown);
            let seats = state.participants.iter().filter_map(reference::shown_seat);
            reference::in_order(state.chord.iter().cloned().chain(clock).chain(seats).collect())
        }
    }
}
