//! Messages without an answer. They are resent with the same id after a reconnect, and the
//! server runs each id once; commands are also kept in the browser's database until answered.

use super::Now;
use protocol::{ClientMessage, Decoded, Envelope, ErrorCode, Millis, Topic, decode_frame, encode};
use std::collections::VecDeque;
use uuid::Uuid;

/// Unanswered commands on their way at the same time, and as many notes: at a round trip of 300 ms
/// that is what a server takes from one client.
pub const IN_FLIGHT: usize = 32;
/// Messages that are no commands and wait while offline; beyond, the oldest is given up.
pub const KEPT_OFFLINE: usize = 256;
/// Commands older than this wait for a person, in milliseconds.
pub const HELD_AFTER_MS: Millis = 7 * 24 * 3600 * 1000;

/// A device sleeps with a page open for so long, in milliseconds; more is a clock that was set.
const SLEEP_AT_MOST_MS: i64 = 12 * 3600 * 1000;

/// A command as the browser's database keeps it, one record each, so that two tabs cannot
/// overwrite each other's.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRecord {
    /// The command's id. UUIDv7: records in order of their ids are in order of their making.
    pub id: Uuid,
    /// The topic that the command is about.
    pub topic: Topic,
    /// The command.
    pub message: ClientMessage,
    /// This device's clock when it was made.
    pub made_at: Millis,
    /// This page's monotonic clock when it was made; `None` for one of an earlier page.
    pub made_mono: Option<i64>,
}

impl OutboxRecord {
    /// The record as text: the command as a frame, with the moment of its making.
    pub fn to_text(&self) -> String {
        let mut envelope = Envelope::bare(self.message.clone()).with_id(Some(self.id));
        envelope.topic = Some(self.topic);
        envelope.ts = Some(self.made_at);
        encode(&envelope)
    }

    /// Reads what [`OutboxRecord::to_text`] wrote; `None` for a record of another version.
    pub fn from_text(text: &str) -> Option<Self> {
        let Decoded::Message(envelope) = decode_frame(text, ClientMessage::read_command).pop()?
        else {
            return None;
        };
        let Envelope { message, id, topic, ts, .. } = envelope;
        Some(Self { id: id?, topic: topic?, message, made_at: ts?, made_mono: None })
    }

    /// How long ago it was made, in milliseconds. A clock that was set back since makes it too
    /// short by the wall clock, a device that slept by the monotonic one. A clock that was wrong
    /// by days and is right now is no sleep: the command would be refused as too old.
    pub(super) fn age(&self, now: Now) -> i64 {
        let by_wall = now.wall - self.made_at;
        let age = match self.made_mono.map(|made| now.mono - made) {
            Some(by_mono) if by_wall - by_mono > SLEEP_AT_MOST_MS => by_mono,
            Some(by_mono) => by_wall.max(by_mono),
            None => by_wall,
        };
        age.max(0)
    }
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) record: OutboxRecord,
    pub(super) sent: bool,
    /// It was sent on this connection: the server may have refused it for now, and wait for it.
    seen: bool,
    /// It goes again on the next connection and not before.
    parked: bool,
    /// Too old to be sent without a person's word.
    pub(super) held: bool,
    /// Left by an earlier page.
    restored: bool,
}

impl Pending {
    fn new(record: OutboxRecord, held: bool, restored: bool) -> Self {
        Self { record, sent: false, seen: false, parked: false, held, restored }
    }

    fn is_command(&self) -> bool {
        self.record.message.is_command()
    }
}

/// The queue of all messages without an answer, the oldest first.
#[derive(Debug, Default)]
pub struct PendingQueue {
    queue: VecDeque<Pending>,
    /// A retryable error asked to wait until then. A note never waits for the database.
    commands_wait: i64,
    notes_wait: i64,
}

impl PendingQueue {
    /// Adds a message. Returns one that is given up because too many wait: the oldest that was
    /// not sent on this connection.
    pub(super) fn push(&mut self, record: OutboxRecord, wall: Millis) -> Option<OutboxRecord> {
        let held = record.message.is_command() && wall - record.made_at > HELD_AFTER_MS;
        self.queue.push_back(Pending::new(record, held, false));
        let fleeting = |p: &Pending| !p.is_command();
        if self.queue.iter().filter(|p| fleeting(p)).count() <= KEPT_OFFLINE {
            return None;
        }
        let oldest = self.queue.iter().position(|p| fleeting(p) && !p.seen)?;
        self.queue.remove(oldest).map(|p| p.record)
    }

    /// Adds commands of an earlier page, before everything of this one.
    pub(super) fn restore(&mut self, mut records: Vec<OutboxRecord>, wall: Millis) {
        records.retain(|r| !self.queue.iter().any(|p| p.record.id == r.id));
        records.sort_by_key(|record| record.id);
        for record in records.into_iter().rev() {
            let held = wall - record.made_at > HELD_AFTER_MS;
            self.queue.push_front(Pending::new(record, held, true));
        }
    }

    /// The socket is new: everything is to be sent again.
    pub(super) fn unsend_all(&mut self) {
        for pending in &mut self.queue {
            (pending.sent, pending.seen, pending.parked) = (false, false, false);
        }
    }

    /// Takes the messages that may be sent now, in order: none around an earlier one of its kind,
    /// and at most [`IN_FLIGHT`] of a kind without an answer. Commands wait while those of an
    /// earlier page are still being read.
    pub(super) fn take_ready(
        &mut self,
        now: i64,
        restoring: bool,
        allowed: impl Fn(Topic) -> bool,
    ) -> Vec<OutboxRecord> {
        let flying = |command: bool| {
            let flies = |p: &&Pending| p.sent && !p.parked && p.is_command() == command;
            self.queue.iter().filter(flies).count()
        };
        let (mut commands, mut notes) = (flying(true), flying(false));
        let mut ready = Vec::new();
        for pending in self.queue.iter_mut().filter(|p| !p.sent && !p.held) {
            let (may, flying) = match pending.is_command() {
                true => (now >= self.commands_wait && !restoring, &mut commands),
                false => (now >= self.notes_wait && allowed(pending.record.topic), &mut notes),
            };
            if !may || *flying >= IN_FLIGHT {
                continue;
            }
            *flying += 1;
            (pending.sent, pending.seen) = (true, true);
            ready.push(pending.record.clone());
        }
        ready
    }

    /// Removes the answered message.
    pub(super) fn answered(&mut self, id: Uuid) -> Option<OutboxRecord> {
        let place = self.queue.iter().position(|p| p.record.id == id)?;
        self.queue.remove(place).map(|p| p.record)
    }

    /// The server could not do it now: it goes again after the wait. Whatever of its kind was sent
    /// after it the server refuses, too, message by message, so that the order is kept and none is
    /// under way twice.
    pub(super) fn retry(&mut self, id: Uuid, at: i64) {
        let Some(pending) = self.queue.iter_mut().find(|p| p.record.id == id) else { return };
        pending.sent = false;
        let wait = match pending.is_command() {
            true => &mut self.commands_wait,
            false => &mut self.notes_wait,
        };
        *wait = at.max(*wait);
    }

    /// Whether a refusal may be about this page and not about the command: it then stays in the
    /// outbox and goes again on the next connection, perhaps that of another page or person.
    pub(super) fn parks(&mut self, id: Uuid, code: ErrorCode) -> bool {
        let Some(pending) = self.queue.iter_mut().find(|p| p.record.id == id) else { return false };
        let command = pending.is_command();
        pending.parked = match code {
            ErrorCode::NotSignedIn | ErrorCode::NotSubscribed => command,
            ErrorCode::NotAllowed => command && pending.restored,
            _ => false,
        };
        pending.parked
    }

    /// When a wait for a retry ends.
    pub(super) fn deadline(&self, now: i64) -> Option<i64> {
        let waits = |command, until: i64| {
            let mut queue = self.queue.iter().filter(|p| p.is_command() == command);
            (until > now && queue.any(|p| !p.sent && !p.held)).then_some(until)
        };
        let ends = [waits(true, self.commands_wait), waits(false, self.notes_wait)];
        ends.into_iter().flatten().min()
    }

    /// A person's word about the held commands: send them, or drop and return them.
    pub(super) fn release_held(&mut self, send: bool) -> Vec<OutboxRecord> {
        if send {
            self.queue.iter_mut().for_each(|p| p.held = false);
            return Vec::new();
        }
        let (held, kept) = std::mem::take(&mut self.queue).into_iter().partition(|p| p.held);
        self.queue = kept;
        Vec::from_iter(held).into_iter().map(|p: Pending| p.record).collect()
    }

    /// Gives up the fleeting messages of a topic that nobody follows any more.
    pub(super) fn drop_fleeting(&mut self, topic: Topic) {
        self.queue.retain(|p| p.is_command() || p.record.topic != topic);
    }

    /// All messages without an answer.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether everything is answered.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The commands without an answer that are not held, the oldest first.
    pub fn commands(&self) -> impl Iterator<Item = &OutboxRecord> {
        self.queue.iter().filter(|p| p.is_command() && !p.held).map(|p| &p.record)
    }

    /// How many commands wait for a person.
    pub fn held(&self) -> usize {
        self.queue.iter().filter(|p| p.held).count()
    }
}
