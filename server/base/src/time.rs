//! The clock for waits, and the clock for moments.

use protocol::Millis;
use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

/// The moment by the server's clock (UTC), which several nodes share.
pub type ServerClock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Milliseconds since the first call in this process, on a clock that never jumps.
pub fn mono() -> i64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(i64::MAX)
}
