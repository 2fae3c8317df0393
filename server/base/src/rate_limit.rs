//! How many messages are too many: a token bucket per user or address, which outlives the
//! connection, so that reconnecting does not fill it.

use crate::sync::lock;
use protocol::{SeatId, UserId};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

/// Whose messages are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountedBy {
    /// An account.
    Account(UserId),
    /// A phone or the host of a guitar session.
    Seat(SeatId),
    /// All behind one address that have proved nothing yet.
    Address(IpAddr),
}

/// Messages per second in the long run, and at once after a pause.
#[derive(Debug, Clone, Copy)]
pub struct MessageRate {
    /// Tokens per second.
    pub per_second: f64,
    /// Tokens of a full bucket.
    pub burst: f64,
}

/// A bucket that fills with time.
#[derive(Debug)]
pub struct Bucket {
    rate: MessageRate,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: MessageRate, now: Instant) -> Self {
        Self { rate, tokens: rate.burst, at: now }
    }

    /// Takes a token, or returns how many milliseconds until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), u64> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.tokens) / self.rate.per_second * 1000.0).ceil() as u64)
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= self.rate.burst
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate.per_second).min(self.rate.burst);
        self.at = now;
    }
}

/// All buckets of this process.
#[derive(Debug, Clone)]
pub struct Buckets {
    rate: MessageRate,
    buckets: Arc<Mutex<HashMap<CountedBy, Arc<Mutex<Bucket>>>>>,
}

impl Buckets {
    /// Buckets of one rate.
    pub fn new(rate: MessageRate) -> Self {
        Self { rate, buckets: Arc::default() }
    }

    /// The bucket of an account, a seat or an address.
    pub fn of(&self, counted: CountedBy) -> Arc<Mutex<Bucket>> {
        let mut buckets = lock(&self.buckets);
        let new = || Arc::new(Mutex::new(Bucket::new(self.rate, Instant::now())));
        Arc::clone(buckets.entry(counted).or_insert_with(new))
    }

    /// Forgets full buckets that no connection holds.
    pub fn sweep(&self, now: Instant) {
        lock(&self.buckets)
            .retain(|_, bucket| Arc::strong_count(bucket) > 1 || !lock(bucket).is_full(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_burst_is_free_and_then_the_wait_is_told() {
        let start = Instant::now();
        let mut bucket = Bucket::new(MessageRate { per_second: 10.0, burst: 3.0 }, start);
        assert_eq!([(); 3].map(|()| bucket.take(start)), [Ok(()); 3]);
        assert_eq!(bucket.take(start), Err(100));
        assert_eq!(bucket.take(start + Duration::from_millis(100)), Ok(()));
    }

    #[test]
    fn reconnecting_does_not_fill_a_bucket() {
        let buckets = Buckets::new(MessageRate { per_second: 1.0, burst: 1.0 });
        let user = CountedBy::Account(UserId(Uuid::nil()));
        let start = Instant::now();
        assert!(lock(&buckets.of(user)).take(start).is_ok());
        buckets.sweep(start);
        assert!(lock(&buckets.of(user)).take(start).is_err());
    }
}
