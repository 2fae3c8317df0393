//! A program that speaks the simple protocol: one topic, no link, no outbox, no position. What it
//! receives is checked where the server writes it.

use crate::{roles::PageRoles, wire_check::WrittenAnswer};
use protocol::{ErrorCode, MessageId, SeatId, Topic};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A message of a program, which is sent once.
#[derive(Debug, Clone, Copy)]
pub struct SimpleMessage {
    /// Whether it is carried out in the database.
    pub command: bool,
    /// Whether the program's role may send it.
    pub allowed: bool,
    /// Whether the server wrote an `ack`.
    pub done: bool,
}

/// A program.
#[derive(Debug)]
pub struct SimpleClient {
    /// The topic of its address.
    pub topic: Topic,
    /// Its seat in the session.
    pub seat: SeatId,
    /// What it may do.
    pub roles: PageRoles,
    /// Its connection, as it believes.
    pub conn: Option<u32>,
    /// Everything that it sent.
    pub made: BTreeMap<MessageId, SimpleMessage>,
}

impl SimpleClient {
    /// A program that has not connected yet.
    pub fn new(number: usize, topic: Topic, roles: PageRoles) -> Self {
        let seat = SeatId(Uuid::from_u128(0x2_0000 + number as u128));
        Self { topic, seat, roles, conn: None, made: BTreeMap::new() }
    }

    /// The server wrote an answer.
    pub fn answered(&mut self, (id, result): WrittenAnswer) {
        let made = self.made.get_mut(&id).expect("the answer to a message of this program");
        if !made.allowed {
            // Over a limit or without a broker it may be refused before its role is looked at.
            let refused = |code| code == ErrorCode::NotAllowed;
            let refused =
                result.as_ref().is_err_and(|error| error.retryable || refused(error.code));
            assert!(refused, "{id} was let through: {result:?}");
        } else if made.command {
            let refused = result.as_ref().is_err_and(|error| !error.retryable);
            assert!(!refused, "the command {id} failed: {result:?}");
        }
        made.done |= result.is_ok();
    }
}
