//! How long to wait before the next attempt: exponential backoff with full jitter
//! (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

/// Upper bound of the first wait, in milliseconds.
pub const BASE_MS: f64 = 250.0;
/// Upper bound of every wait, in milliseconds.
pub const CAP_MS: f64 = 30_000.0;
/// After this much health the next loss starts from the base again, in milliseconds.
pub const HEALTHY_AFTER_MS: i64 = 10_000;

/// How many attempts still count after a connection that lasted so long: none after
/// [`HEALTHY_AFTER_MS`], and in proportion before. In a Wi-Fi with a hole every few seconds the
/// waits would otherwise grow from hole to hole and become longer than the holes; a server that
/// dies as soon as it is reached is still left alone for longer and longer.
pub fn forgiven(attempts: u32, health_ms: i64) -> u32 {
    let sick = HEALTHY_AFTER_MS - health_ms.clamp(0, HEALTHY_AFTER_MS);
    let left = (i64::from(attempts) * sick + HEALTHY_AFTER_MS - 1) / HEALTHY_AFTER_MS;
    u32::try_from(left).unwrap_or(attempts)
}

/// The wait before attempt `attempt` (from 1), with `random` in 0..1. The cap is applied before
/// the jitter: the other way round all clients wait exactly the cap in a storm.
pub fn delay_ms(attempt: u32, random: f64) -> i64 {
    let exponent = attempt.saturating_sub(1).min(20);
    let bound = (BASE_MS * f64::from(1u32 << exponent)).min(CAP_MS);
    (bound * random) as i64
}

/// The wait in a window that the server named, so that a restart is no stampede.
pub fn within_ms(min_ms: u64, max_ms: u64, random: f64) -> i64 {
    let span = max_ms.saturating_sub(min_ms) as f64;
    min_ms as i64 + (span * random) as i64
}

/// A small generator (xorshift64*, Vigna 2016) for jitter; the seed comes from the edge.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// A generator; every seed is good.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next number in 0..1.
    pub fn next_fraction(&mut self) -> f64 {
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
        assert_eq!(delay_ms(1, 0.999), 249);
        assert_eq!(delay_ms(2, 0.999), 499);
        assert_eq!(delay_ms(60, 0.5), 15_000, "half of the cap, not the cap");
        assert_eq!(delay_ms(60, 0.0), 0);
    }

    #[test]
    fn health_forgives_attempts_in_proportion() {
        assert_eq!(forgiven(5, 10_000), 0);
        assert_eq!(forgiven(5, 8_000), 1);
        assert_eq!(forgiven(5, 100), 5);
        assert_eq!(forgiven(0, 100), 0);
    }

    #[test]
    fn jitter_fills_its_range() {
        let mut jitter = Jitter::new(7);
        let numbers: Vec<f64> = (0..1000).map(|_| jitter.next_fraction()).collect();
        assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
        assert!(numbers.iter().any(|n| *n < 0.05) && numbers.iter().any(|n| *n > 0.95));
    }
}
