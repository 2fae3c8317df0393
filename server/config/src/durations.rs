//! The units of settings in milliseconds.

use protocol::Millis;

/// `n` seconds in milliseconds.
pub fn seconds(n: u32) -> Millis {
    Millis::from(n) * 1_000
}

/// `n` minutes in milliseconds.
pub fn minutes(n: u32) -> Millis {
    seconds(n) * 60
}

/// `n` hours in milliseconds.
pub fn hours(n: u32) -> Millis {
    minutes(n) * 60
}

/// `n` days in milliseconds.
pub fn days(n: u32) -> Millis {
    hours(n) * 24
}
