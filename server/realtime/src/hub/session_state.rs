//! The state of one guitar session beside its log. It changes under the same lock as the log grows,
//! so a snapshot and its position always belong together.

use super::log::NodeLog;
use cadence_base::sync::lock;
use logic::{
    presence::{PhoneDecision, Seats},
    topic::TopicEvent,
};
use protocol::{
    Millis, Note, Position, SeatId, ServerMessage, SessionId,
    account::Role,
    guitar::{GuitarState, Participant, PracticeStatus, Presence},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

/// The chords that were played since they were last stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlayedChords {
    /// Chords in order of first use.
    pub chords: Vec<String>,
    /// How often the chord changed.
    pub changes: i64,
}

/// One session's log and state, without the way in which its events get their numbers.
#[derive(Debug)]
pub(super) struct SessionCore {
    pub(super) id: SessionId,
    pub(super) log: NodeLog,
    state: Mutex<SessionState>,
}

/// What changes under one lock.
#[derive(Debug)]
pub(super) struct SessionState {
    /// What a snapshot shows.
    pub(super) guitar: GuitarState,
    /// The devices that are connected to this node.
    pub(super) seats: Seats,
    pub(super) played: PlayedChords,
    pub(super) last_input: Millis,
    pub(super) last_presence: Millis,
    /// When the visibility of a device's page was last published.
    pub(super) visibility_published: HashMap<SeatId, Millis>,
    /// Decisions of hosts on other nodes about devices of this one, for its connections.
    pub(super) received: Vec<PhoneDecision>,
}

impl SessionCore {
    /// A session in this state, to which no device is connected yet.
    pub(super) fn new(id: SessionId, log: NodeLog, guitar: GuitarState, now: Millis) -> Self {
        let state = SessionState {
            guitar,
            seats: Seats::default(),
            played: PlayedChords::default(),
            last_input: now,
            last_presence: now,
            visibility_published: HashMap::new(),
            received: Vec::new(),
        };
        Self { id, log, state: Mutex::new(state) }
    }

    /// Locks the state. The log may grow meanwhile only through the holder.
    pub(super) fn state(&self) -> MutexGuard<'_, SessionState> {
        lock(&self.state)
    }

    /// The state and the position that it belongs to.
    pub(super) fn snapshot(&self) -> (GuitarState, Position) {
        let state = self.state();
        (state.guitar.clone(), self.log.end())
    }

    /// Takes an event that stands at a place of the shared log. `mine` is whether it was made on
    /// this node.
    pub(super) fn take_placed(&self, at: &Position, event: TopicEvent, mine: bool) {
        let mut state = self.state();
        // What this node played is counted here and once, wherever it stands in the order.
        state.count_played(&event.message, mine);
        for appended in self.log.take_placed(at, event) {
            state.apply(&appended.event);
        }
    }

    /// Takes a reading of the shared log: its end, the events before that, if all of them could be
    /// read, and the state at the end. False when the log did not lead on.
    pub(super) fn read(
        &self,
        from: &Position,
        end: &Position,
        events: Option<Vec<(u64, TopicEvent)>>,
        guitar: GuitarState,
    ) -> bool {
        let mut state = self.state();
        let appended = match events {
            Some(events) => self.log.read(from, end, events),
            None => {
                self.log.begin(end.clone());
                None
            }
        };
        match appended {
            Some(events) => {
                events.iter().for_each(|event| state.apply(&event.event));
                true
            }
            None => {
                state.guitar = guitar;
                false
            }
        }
    }
}

impl SessionState {
    /// Applies an event to the state and counts what it played for the practice's record.
    pub(super) fn count_and_apply(&mut self, event: &TopicEvent) {
        self.count_played(&event.message, true);
        self.apply(event);
    }

    /// Counts what was played on this node for the practice's record.
    fn count_played(&mut self, message: &ServerMessage, mine: bool) {
        let (true, true, ServerMessage::Note(Note::ChordChange(change))) =
            (mine, self.practice_runs(), message)
        else {
            return;
        };
        if self.guitar.chord.as_ref().is_some_and(|held| *held != change.chord) {
            self.played.changes += 1;
        }
        if !self.played.chords.contains(&change.chord) {
            self.played.chords.push(change.chord.clone());
        }
    }

    fn apply(&mut self, event: &TopicEvent) {
        match &event.message {
            ServerMessage::ConnectionUpdate(decided) if event.decided => {
                self.apply_decision(decided);
            }
            ServerMessage::ConnectionUpdate(_) => {}
            _ => self.last_input = self.last_input.max(event.ts),
        }
        logic::guitar::apply(&mut self.guitar, &event.message);
    }

    /// Applies a host's decision, made here or on another node, to a device of this node.
    fn apply_decision(&mut self, decided: &Participant) {
        // A host decides about phones only, so the seat is a phone's.
        let (who, phone) = (decided.user_id, decided.user_id.phone_id());
        if decided.role == Role::Waiting && decided.status == Presence::Disconnected {
            self.seats.remove(who);
            self.received.push(PhoneDecision::Removed(phone));
        } else if self.seats.seat(who).is_some_and(|(role, _)| role != decided.role) {
            self.seats.set_role(who, decided.role);
            self.received.push(PhoneDecision::Role(phone, decided.role));
        }
    }

    pub(super) fn practice_runs(&self) -> bool {
        self.guitar.practice.as_ref().is_some_and(|one| one.status == PracticeStatus::Started)
    }

    pub(super) fn participant(&self, who: SeatId) -> Option<&Participant> {
        self.guitar.participants.iter().find(|participant| participant.user_id == who)
    }
}
