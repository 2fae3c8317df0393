//! A command's turn among those that one connection sent, from its arrival until it is decided.

use crate::{StoreError, writer::caught};
use cadence_base::sync::lock;
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

    /// The command is answered for good.
    fn decided(&self) {
        self.decided.store(true, Ordering::Relaxed);
        lock(&self.lane).answered(self.id);
    }
}

/// Runs a command's job when its turn has come. What it brings is kept with its turn until the
/// group is on disk.
pub async fn in_turn<T>(
    turn: Option<Arc<Turn>>,
    job: impl Future<Output = Result<T, StoreError>>,
) -> Result<InTurn<T>, StoreError> {
    if let Some(turn) = &turn
        && !lock(&turn.lane).may(turn.turn, turn.id)
    {
        return Err(not_your_turn().into());
    }
    let result = caught(job).await;
    if let (Some(turn), Err(error)) = (&turn, &result)
        && !error.retryable()
    {
        turn.decided();
    }
    Ok(InTurn { value: result?, turn })
}

/// What a command's job brought, in a group that is not yet on disk.
pub struct InTurn<T> {
    value: T,
    turn: Option<Arc<Turn>>,
}

impl<T> InTurn<T> {
    /// The group is on disk.
    pub fn on_disk(self) -> T {
        if let Some(turn) = self.turn {
            turn.decided();
        }
        self.value
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_whose_job_panics_stops_no_other() {
        let lane = SharedLane::default();
        let turns = [Uuid::from_u128(1), Uuid::from_u128(2)].map(|id| Turn::take(&lane, id));
        let [first, second] = turns.map(Some);
        let mistake = in_turn(first, async { panic!("a mistake in a job") });
        let body: ErrorBody = mistake.await.map(InTurn::<()>::on_disk).unwrap_err().into();
        assert_eq!(body.code, ErrorCode::Internal);
        let next = in_turn(second, async { Ok(7) }).await.map(InTurn::on_disk);
        assert_eq!(next.unwrap(), 7);
    }
}
