//! The clock for waits.

use std::{sync::LazyLock, time::Instant};

/// Milliseconds since the first call in this process, on a clock that never jumps.
pub fn mono() -> i64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(i64::MAX)
}
