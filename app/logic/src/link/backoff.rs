//! How long to wait before the next attempt: exponential backoff with full jitter
//! (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
//!
//! Besides, no wait is longer than the trouble has lasted already, so that an outage is never more
//! than doubled, also when chance made the first waits short. Without that, some of 200 clients
//! with a hole of 2 s every 10 s waited from one hole into the next until the ring did not reach
//! back to them.

/// Upper bound of the first wait, in milliseconds.
pub(super) const BASE_MS: i64 = 250;
/// Upper bound of every wait, in milliseconds.
pub(super) const CAP_MS: i64 = 30_000;
/// A connection on which something was heard after so long was healthy, and the trouble is over, in
/// milliseconds: a visible page has had the answer to a ping. A server that dies as soon as it is
/// reached is left alone for longer and longer.
pub(super) const HEALTHY_AFTER_MS: i64 = 3_000;

/// The wait before attempt `attempt` (from 1), when there has been no healthy connection for
/// `trouble_ms`, with `random` in 0..1. The cap is applied before the jitter: the other way round
/// all clients wait exactly the cap in a storm.
pub(super) fn delay_ms(attempt: u32, trouble_ms: i64, random: f64) -> i64 {
    let exponent = attempt.saturating_sub(1).min(20);
    let bound = (BASE_MS << exponent).min(trouble_ms).clamp(BASE_MS, CAP_MS);
    (bound as f64 * random) as i64
}

/// The wait in a window that the server named, so that a restart is no stampede.
pub(super) fn within_ms(min_ms: u64, max_ms: u64, random: f64) -> i64 {
    let span = max_ms.saturating_sub(min_ms) as f64;
    min_ms as i64 + (span * random) as i64
}

/// A small generator (xorshift64*, Vigna 2016) for jitter; the seed comes from the edge.
#[derive(Debug, Clone)]
pub(super) struct Jitter(u64);

impl Jitter {
    /// A generator; every seed is good.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next number in 0..1.
    pub(super) fn next_fraction(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_keep_their_jitter_there() {
        let long = 3_600_000;
        assert_eq!(delay_ms(1, long, 0.999), 249);
        assert_eq!(delay_ms(2, long, 0.999), 499);
        assert_eq!(delay_ms(60, long, 0.5), 15_000, "half of the cap, not the cap");
        assert_eq!(delay_ms(60, long, 0.0), 0);
        assert_eq!(delay_ms(60, -1, 0.999), 249);
    }

    #[test]
    fn an_outage_is_at_most_doubled_and_costs_few_attempts() {
        let mut jitter = Jitter::new(7);
        for outage in [100, 2_000, 20_000, 60_000] {
            for _ in 0..1_000 {
                let (mut at, mut attempts) = (0, 0);
                while at < outage {
                    attempts += 1;
                    at += delay_ms(attempts, at, jitter.next_fraction());
                }
                assert!(at <= outage + outage.clamp(BASE_MS, CAP_MS), "{at} of {outage}");
                assert!(attempts < 60, "{attempts} in {outage} ms");
            }
        }
    }

    #[test]
    fn jitter_fills_its_range() {
        let mut jitter = Jitter::new(7);
        let numbers: Vec<f64> = (0..1000).map(|_| jitter.next_fraction()).collect();
        assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
        assert!(numbers.iter().any(|n| *n < 0.05) && numbers.iter().any(|n| *n > 0.95));
    }
}
