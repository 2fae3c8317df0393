//! The clock for waits, and the clock for moments.

use logic::Monotonic;
use protocol::Millis;
use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

/// The moment by the server's clock (UTC), which several nodes share.
pub type ServerClock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Now on a clock that begins with the first call in this process and never jumps.
pub fn mono() -> Monotonic {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    Monotonic::from_ms(i64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(i64::MAX))
}
