//! A command's turn among those that one connection sent, from its arrival until it is decided.

use crate::hub::lock;
use logic::topic::Lane;
use protocol::{ErrorBody, ErrorCode};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;

/// The order of one connection's commands. It is also asked where they are carried out, which may
/// be after the connection has ended.
pub type SharedLane = Arc<Mutex<Lane>>;

/// A place in a lane. One that is dropped before the command is decided was refused for now: its
/// group was not committed, or it never came so far. What came after it then has to wait for it.
#[derive(Debug)]
pub struct Turn {
    lane: SharedLane,
    turn: u64,
    id: Uuid,
    decided: AtomicBool,
}

impl Turn {
    /// The turn of a command that has just come.
    pub fn take(lane: &SharedLane, id: Uuid) -> Arc<Self> {
        let turn = lock(lane).come();
        Arc::new(Self { lane: Arc::clone(lane), turn, id, decided: AtomicBool::new(false) })
    }

    /// Refuses what has to wait for an earlier command.
    pub(super) fn has_come(&self) -> Result<(), ErrorBody> {
        match lock(&self.lane).may(self.turn, self.id) {
            true => Ok(()),
            false => Err(not_your_turn()),
        }
    }

    /// The command is answered for good.
    pub(super) fn decided(&self) {
        self.decided.store(true, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.decided.load(Ordering::Relaxed) {
            lock(&self.lane).put_off(self.turn, self.id);
        }
    }
}

/// An earlier message of the same client was refused for now.
pub fn not_your_turn() -> ErrorBody {
    let text = "A message before this one has to be sent again first.";
    ErrorBody::new(ErrorCode::Unavailable, text).retry_after(100)
}
