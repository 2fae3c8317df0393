//! Moments on a monotonic clock.

use std::ops::{Add, Sub};

/// A moment on a monotonic clock, counted in milliseconds from the beginning of that clock; a span
/// between two moments is an `i64` in milliseconds. The type keeps it apart from a moment of the
/// wall clock, [`protocol::Millis`], which jumps when a person sets the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Monotonic(i64);

impl Monotonic {
    /// The moment `ms` milliseconds after the beginning of the clock.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the beginning of the clock.
    pub const fn as_ms(self) -> i64 {
        self.0
    }
}

impl Add<i64> for Monotonic {
    type Output = Self;

    fn add(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
}

impl Sub<i64> for Monotonic {
    type Output = Self;

    fn sub(self, ms: i64) -> Self {
        Self(self.0 - ms)
    }
}

impl Sub for Monotonic {
    type Output = i64;

    fn sub(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}
