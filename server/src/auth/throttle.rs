//! How many attempts are allowed: an allowance that fills up again evenly, per key.
//!
//! The time is an argument. One number per key is kept: when its allowance will be full again.

use protocol::{ErrorBody, ErrorCode, Millis};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// An allowance of `burst` tries per key, one more every `every` milliseconds.
pub struct Throttle<K> {
    burst: Millis,
    /// Microseconds, so that 300 per minute and 20 per second come out even.
    every: i64,
    full_at: Mutex<HashMap<K, i64>>,
}

/// Keys that are remembered before those whose allowance is full again are dropped.
const MANY_KEYS: usize = 10_000;

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// `n` tries at once, and `n` per minute in the long run.
    pub fn per_minute(n: u32) -> Self {
        Self::new(n, 60_000_000)
    }

    /// `n` tries at once, and `n` per second in the long run.
    pub fn per_second(n: u32) -> Self {
        Self::new(n, 1_000_000)
    }

    fn new(n: u32, micros: i64) -> Self {
        let n = i64::from(n.max(1));
        Self { burst: n, every: (micros / n).max(1), full_at: Mutex::default() }
    }

    /// Uses one attempt, or returns how many milliseconds to wait for one.
    pub fn take(&self, key: &K, now: Millis) -> Result<(), u64> {
        let mut full_at = self.lock();
        let (full, wait) = self.wait(&full_at, key, now);
        if let Some(wait) = wait {
            return Err(wait);
        }
        if full_at.len() >= MANY_KEYS && !full_at.contains_key(key) {
            full_at.retain(|_, full| *full > now * 1_000);
        }
        full_at.insert(key.clone(), full + self.every);
        Ok(())
    }

    /// Whether there is a try left, without using it.
    pub fn check(&self, key: &K, now: Millis) -> Result<(), u64> {
        self.wait(&self.lock(), key, now).1.map_or(Ok(()), Err)
    }

    /// Gives a try back: it was no guess after all.
    pub fn give_back(&self, key: &K) {
        if let Some(full) = self.lock().get_mut(key) {
            *full -= self.every;
        }
    }

    fn wait(&self, full_at: &HashMap<K, i64>, key: &K, now: Millis) -> (i64, Option<u64>) {
        let now = now * 1_000;
        let full = full_at.get(key).copied().unwrap_or(now).max(now);
        let over = full + self.every - (now + self.burst * self.every);
        let wait = (over > 0).then(|| u64::try_from(over.div_euclid(1_000) + 1).unwrap_or(1));
        (full, wait)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, i64>> {
        // Nothing in here can panic half way.
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer after too many attempts.
pub fn rate_limited(what: &str, wait_ms: u64) -> ErrorBody {
    let seconds = wait_ms.div_ceil(1_000);
    let unit = if seconds == 1 { "second" } else { "seconds" };
    ErrorBody::new(ErrorCode::RateLimited, format!("{what} Try again in {seconds} {unit}."))
        .retry_after(wait_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_000_000_000;

    #[test]
    fn the_sixth_try_of_a_minute_is_told_how_long_to_wait() {
        let throttle = Throttle::per_minute(5);
        for _ in 0..5 {
            assert_eq!(throttle.take(&"a", NOW), Ok(()));
        }
        let wait = throttle.take(&"a", NOW).expect_err("the sixth");
        assert_eq!(wait, 12_001, "one of five comes back every twelve seconds");
        assert_eq!(throttle.take(&"b", NOW), Ok(()), "another key has its own allowance");
        let later = NOW + i64::try_from(wait).expect("small");
        assert_eq!(throttle.take(&"a", later), Ok(()), "the wait that was returned is enough");
        assert!(throttle.take(&"a", later).is_err());
    }

    #[test]
    fn a_minute_without_tries_fills_the_allowance() {
        let throttle = Throttle::per_minute(5);
        while throttle.take(&(), NOW).is_ok() {}
        let tries = (0..100).take_while(|_| throttle.take(&(), NOW + 60_000).is_ok()).count();
        assert_eq!(tries, 5);
    }

    #[test]
    fn checking_uses_nothing_and_a_try_can_be_given_back() {
        let throttle = Throttle::per_minute(1);
        assert_eq!(throttle.check(&(), NOW), Ok(()));
        assert_eq!(throttle.take(&(), NOW), Ok(()));
        assert!(throttle.check(&(), NOW).is_err());
        throttle.give_back(&());
        assert_eq!(throttle.check(&(), NOW), Ok(()));
    }

    #[test]
    fn keys_that_are_full_again_are_forgotten() {
        let throttle = Throttle::per_second(20);
        for key in 0..MANY_KEYS {
            assert_eq!(throttle.take(&key, NOW), Ok(()));
        }
        assert_eq!(throttle.take(&MANY_KEYS, NOW + 60_000), Ok(()));
        assert_eq!(throttle.lock().len(), 1);
    }

    #[test]
    fn the_sentence_names_the_wait() {
        let body = rate_limited("Too many sign-ins.", 11_200);
        assert_eq!(body.message, "Too many sign-ins. Try again in 12 seconds.");
        assert_eq!(body.retry_after_ms, Some(11_200));
        assert!(body.retryable);
    }
}
