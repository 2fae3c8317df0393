//! How long to wait before the next attempt to reconnect: exponential backoff with full jitter
//! (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
//!
//! In addition, no wait is longer than the outage has lasted already, so that an outage is at most
//! doubled, also when the first random waits were short. Without that bound, some of 200 clients
//! whose network failed for 2 s in every 10 s waited from one failure into the next, until the
//! server's ring no longer reached back to their positions.

/// Upper bound of the first wait, in milliseconds.
pub(super) const FIRST_WAIT_MS: i64 = 250;
/// Upper bound of every wait, in milliseconds.
pub(super) const LONGEST_WAIT_MS: i64 = 30_000;
/// A connection on which something was received after this time, in milliseconds, was healthy and
/// ends the outage: a visible page has had the answer to a ping by then. Without it, a server that
/// dies on each connect would be dialled at the first wait over and over.
pub(super) const HEALTHY_AFTER_MS: i64 = 3_000;

/// The wait, in milliseconds, before attempt `attempt` (from 1), when there has been no healthy
/// connection for `outage_ms`, with `random` in 0..1. The cap is applied before the jitter; the
/// other way round, after a long outage all clients would wait exactly the cap and come back
/// together.
pub(super) fn reconnect_delay_ms(attempt: u32, outage_ms: i64, random: f64) -> i64 {
    let exponent = attempt.saturating_sub(1).min(20);
    let bound = (FIRST_WAIT_MS << exponent).min(outage_ms).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
    (bound as f64 * random) as i64
}

/// The wait, in milliseconds, in the window that the server announced with its restart.
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
        assert_eq!(reconnect_delay_ms(1, long, 0.999), 249);
        assert_eq!(reconnect_delay_ms(2, long, 0.999), 499);
        assert_eq!(reconnect_delay_ms(60, long, 0.5), 15_000, "half of the cap, not the cap");
        assert_eq!(reconnect_delay_ms(60, long, 0.0), 0);
        assert_eq!(reconnect_delay_ms(60, -1, 0.999), 249);
    }

    #[test]
    fn an_outage_is_at_most_doubled_and_costs_few_attempts() {
        let mut jitter = Jitter::new(7);
        for outage in [100, 2_000, 20_000, 60_000] {
            for _ in 0..1_000 {
                let (mut at, mut attempts) = (0, 0);
                while at < outage {
                    attempts += 1;
                    at += reconnect_delay_ms(attempts, at, jitter.next_fraction());
                }
                assert!(
                    at <= outage + outage.clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS),
                    "{at} of {outage}"
                );
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
