//! Messages without an answer. They are resent with the same id after a reconnect, and the
//! server runs each id once; commands are also kept in the browser's database until answered.

use super::OutboxRecord;
use crate::Monotonic;
use protocol::{ErrorCode, MessageId, Millis, Topic};
use std::collections::VecDeque;

/// Unanswered commands on their way at the same time, and as many notes: at a round trip of 300 ms
/// that is what a server takes from one client.
pub(super) const MAX_IN_FLIGHT: usize = 32;
/// Messages other than commands that are kept without an answer; beyond, the oldest is given up.
pub(super) const MAX_NOTES_KEPT: usize = 256;
/// Commands older than this wait for a person's decision, in milliseconds.
pub(super) const OVERDUE_AFTER_MS: Millis = 7 * 24 * 3600 * 1000;

/// Where a message without an answer stands on the present connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SendState {
    /// To be sent.
    Waiting,
    /// Sent; no answer yet.
    InFlight,
    /// Sent and refused for now. The server expects it again before anything of its kind.
    Deferred,
    /// Refused to this page: it goes again on the next connection and not before.
    Parked,
    /// Too old to be sent without a person's decision.
    Overdue,
}

impl SendState {
    fn of_age(age: Millis) -> Self {
        if age > OVERDUE_AFTER_MS { Self::Overdue } else { Self::Waiting }
    }

    fn may_be_sent(self) -> bool {
        matches!(self, Self::Waiting | Self::Deferred)
    }
}

#[derive(Debug)]
struct PendingMessage {
    record: OutboxRecord,
    state: SendState,
    /// It was left by an earlier page, perhaps of another person.
    restored: bool,
}

impl PendingMessage {
    fn is_command(&self) -> bool {
        self.record.message.is_command()
    }
}

/// The queue of all messages without an answer, the oldest first.
#[derive(Debug, Default)]
pub(super) struct PendingQueue {
    queue: VecDeque<PendingMessage>,
    /// The commands of an earlier page are known; before, no command is sent.
    outbox_read: bool,
    /// A retryable error asked to wait until then. Notes and commands wait separately, because a
    /// note never depends on the database.
    commands_wait_until: Monotonic,
    notes_wait_until: Monotonic,
}

impl PendingQueue {
    /// Adds a message. Returns one that is given up because too many wait: the oldest that was
    /// not sent on this connection.
    pub(super) fn push(&mut self, record: OutboxRecord, wall: Millis) -> Option<OutboxRecord> {
        let state = match record.message.is_command() {
            true => SendState::of_age(wall - record.made_at),
            false => SendState::Waiting,
        };
        self.queue.push_back(PendingMessage { record, state, restored: false });
        let is_note = |p: &PendingMessage| !p.is_command();
        if self.queue.iter().filter(|p| is_note(p)).count() <= MAX_NOTES_KEPT {
            return None;
        }
        let unsent = |p: &PendingMessage| is_note(p) && p.state == SendState::Waiting;
        let oldest = self.queue.iter().position(unsent)?;
        self.queue.remove(oldest).map(|p| p.record)
    }

    /// Adds commands of an earlier page, before everything of this one. From now on commands may
    /// be sent.
    pub(super) fn restore(&mut self, mut records: Vec<OutboxRecord>, wall: Millis) {
        self.outbox_read = true;
        records.retain(|r| !self.queue.iter().any(|p| p.record.id == r.id));
        records.sort_by_key(|record| record.id);
        for record in records.into_iter().rev() {
            let state = SendState::of_age(wall - record.made_at);
            self.queue.push_front(PendingMessage { record, state, restored: true });
        }
    }

    /// The socket is new: everything is to be sent again.
    pub(super) fn unsend_all(&mut self) {
        for pending in self.queue.iter_mut().filter(|p| p.state != SendState::Overdue) {
            pending.state = SendState::Waiting;
        }
    }

    /// Takes the messages that may be sent now, in order: none around an earlier one of its kind,
    /// and at most [`MAX_IN_FLIGHT`] of a kind without an answer. Notes are sent about the topics
    /// that `is_followed`.
    pub(super) fn take_ready(
        &mut self,
        now: Monotonic,
        is_followed: impl Fn(Topic) -> bool,
    ) -> Vec<OutboxRecord> {
        let mut commands = self.in_flight(true);
        let mut notes = self.in_flight(false);
        let commands_may = self.outbox_read && now >= self.commands_wait_until;
        let notes_may = now >= self.notes_wait_until;
        let mut ready = Vec::new();
        for pending in self.queue.iter_mut().filter(|p| p.state.may_be_sent()) {
            let (may, in_flight) = match pending.is_command() {
                true => (commands_may, &mut commands),
                false => (notes_may && is_followed(pending.record.topic), &mut notes),
            };
            if !may || *in_flight >= MAX_IN_FLIGHT {
                continue;
            }
            *in_flight += 1;
            pending.state = SendState::InFlight;
            ready.push(pending.record.clone());
        }
        ready
    }

    fn in_flight(&self, command: bool) -> usize {
        let of_kind =
            |p: &&PendingMessage| p.state == SendState::InFlight && p.is_command() == command;
        self.queue.iter().filter(of_kind).count()
    }

    /// Removes the answered message.
    pub(super) fn take_answered(&mut self, id: MessageId) -> Option<OutboxRecord> {
        let place = self.queue.iter().position(|p| p.record.id == id)?;
        self.queue.remove(place).map(|p| p.record)
    }

    /// The server could not do it now: it goes again after the wait. The server also refuses, one
    /// by one, everything of its kind that was sent after it, so that the order is kept and none is
    /// under way twice.
    pub(super) fn defer(&mut self, id: MessageId, until: Monotonic) {
        let Some(pending) = self.queue.iter_mut().find(|p| p.record.id == id) else { return };
        if pending.state == SendState::InFlight {
            pending.state = SendState::Deferred;
        }
        let wait = match pending.is_command() {
            true => &mut self.commands_wait_until,
            false => &mut self.notes_wait_until,
        };
        *wait = until.max(*wait);
    }

    /// Parks a command that was refused to this page and not for its content: it stays in the
    /// outbox and goes again on the next connection, perhaps that of another page or person. False
    /// when the refusal is final.
    pub(super) fn park(&mut self, id: MessageId, code: ErrorCode) -> bool {
        let Some(pending) = self.queue.iter_mut().find(|p| p.record.id == id) else { return false };
        let parks = pending.is_command()
            && match code {
                ErrorCode::NotSignedIn | ErrorCode::NotSubscribed => true,
                ErrorCode::NotAllowed => pending.restored,
                _ => false,
            };
        if parks {
            pending.state = SendState::Parked;
        }
        parks
    }

    /// When a wait for a retry ends.
    pub(super) fn deadline(&self, now: Monotonic) -> Option<Monotonic> {
        let waits = |command, until: Monotonic| {
            let mut queue = self.queue.iter().filter(|p| p.is_command() == command);
            (until > now && queue.any(|p| p.state.may_be_sent())).then_some(until)
        };
        let ends = [waits(true, self.commands_wait_until), waits(false, self.notes_wait_until)];
        ends.into_iter().flatten().min()
    }

    /// A person's decision about the overdue commands: send them, or drop and return them.
    pub(super) fn decide_overdue(&mut self, send: bool) -> Vec<OutboxRecord> {
        if send {
            for pending in self.queue.iter_mut().filter(|p| p.state == SendState::Overdue) {
                pending.state = SendState::Waiting;
            }
            return Vec::new();
        }
        let all = std::mem::take(&mut self.queue);
        let (overdue, kept): (VecDeque<_>, _) =
            all.into_iter().partition(|p| p.state == SendState::Overdue);
        self.queue = kept;
        overdue.into_iter().map(|p| p.record).collect()
    }

    /// Gives up the notes of a topic that is not followed any more.
    pub(super) fn drop_notes(&mut self, topic: Topic) {
        self.queue.retain(|p| p.is_command() || p.record.topic != topic);
    }

    /// All messages without an answer.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether everything is answered.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The commands without an answer that are not overdue, the oldest first.
    pub(super) fn commands(&self) -> impl Iterator<Item = &OutboxRecord> {
        self.queue
            .iter()
            .filter(|p| p.is_command() && p.state != SendState::Overdue)
            .map(|p| &p.record)
    }

    /// How many commands wait for a person's decision.
    pub(super) fn overdue(&self) -> usize {
        self.queue.iter().filter(|p| p.state == SendState::Overdue).count()
    }
}
