//! `[guitar]`

use crate::table::settings;

settings! {
    /// Pairing, guitar sessions and the practice clock.
    [guitar] GuitarSettings {
        /// Minutes for which an unused pairing code is valid. More of them give a slow phone time,
        /// and a stranger time to guess.
        code_minutes: u32 = 5, 1..=60;
        /// Events of a session that are kept for a phone that comes back. Beyond them it gets the
        /// whole state instead.
        ring_events: u32 = 512, 16..=65_536;
        /// Seconds for which they are kept.
        ring_seconds: u32 = 300, 10..=3_600;
        /// Minutes without a sound after which the practice clock stops.
        idle_pause_minutes: u32 = 10, 1..=1_440;
        /// Minutes after which it stops when both devices are gone.
        gone_pause_minutes: u32 = 2, 1..=1_440;
    }
}
