//! What a pick gives to a string: one period of displacement, shaped by place and strength.

/// Where the pick meets the string, as a part of its length from the bridge. Partials with a
/// node there stay silent (Jaffe and Smith's pick position comb).
const PICK_POSITION: f32 = 0.13;
/// How strong the scrape of the pick is beside the ideal pluck.
const SCRAPE: f32 = 0.3;
/// The effective level of a pluck at full velocity; its peaks are about three times as high.
const LEVEL: f32 = 0.11;

/// A small repeatable noise source (xorshift; G. Marsaglia, "Xorshift RNGs", 2003).
#[derive(Clone, Debug)]
pub(crate) struct Noise(u32);

impl Noise {
    /// A source for one string; different strings must not scrape alike.
    pub(crate) const fn seeded(string: u32) -> Self {
        Self(0x9e37_79b9 ^ (string.wrapping_add(1)).wrapping_mul(0x85eb_ca6b))
    }

    /// The next value, -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as i32 as f32 / 2_147_483_648.0
    }
}

/// Fills `period` (at least 2 samples) with one pluck at `hz` and `velocity` (0 to 1).
///
/// A string drawn aside into a triangle pushes the bridge with a rectangular pulse as wide as the
/// pick is far from the bridge; the scrape is noise through the same comb. Velocity sets the level
/// and, as a low-pass, the brightness (Jaffe and Smith's dynamics). The result has no offset and
/// begins near zero, so that the attack is the string's and not a step.
pub(crate) fn fill(
    period: &mut [f32],
    hz: f32,
    velocity: f32,
    sample_rate: f32,
    noise: &mut Noise,
) {
    let length = period.len();
    let pick = ((PICK_POSITION * length as f32).round() as usize).clamp(1, length - 1);

    // The noise minus itself `pick` samples further on, wrapped around the period.
    let first = noise.clone();
    let mut ahead = noise.clone();
    for _ in 0..pick {
        ahead.next();
    }
    for (at, sample) in period.iter_mut().enumerate() {
        if at == length - pick {
            ahead = first.clone();
        }
        *sample = SCRAPE * (noise.next() - ahead.next());
    }
    for sample in &mut period[..pick] {
        *sample += 1.0;
    }

    let cutoff = (700.0 * 10f32.powf(velocity)).max(1.5 * hz);
    soften(period, (-std::f32::consts::TAU * cutoff / sample_rate).exp());

    let mean = period.iter().sum::<f32>() / length as f32;
    let power = period.iter().map(|sample| (sample - mean).powi(2)).sum::<f32>() / length as f32;
    let scale = LEVEL * velocity.powf(1.2) / power.sqrt().max(1e-6);
    for sample in period.iter_mut() {
        *sample = (*sample - mean) * scale;
    }

    let quietest = (0..length).min_by(|&a, &b| period[a].abs().total_cmp(&period[b].abs()));
    period.rotate_left(quietest.unwrap_or(0));
}

/// A one-pole low-pass that runs around the period twice: the second time it starts where the
/// first ended, so that the seam is smooth.
fn soften(period: &mut [f32], pole: f32) {
    let mut state = 0.0;
    for &sample in period.iter() {
        state = sample + pole * (state - sample);
    }
    for sample in period.iter_mut() {
        state = *sample + pole * (state - *sample);
        *sample = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pluck(length: usize, velocity: f32) -> Vec<f32> {
        let mut period = vec![0.0; length];
        let hz = 48_000.0 / length as f32;
        fill(&mut period, hz, velocity, 48_000.0, &mut Noise::seeded(0));
        period
    }

    #[test]
    fn a_pluck_has_no_offset_and_begins_near_zero() {
        for length in [36, 109, 436, 1200] {
            let period = pluck(length, 1.0);
            let peak = period.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
            assert!(period.iter().sum::<f32>().abs() / (length as f32) < 1e-4);
            assert!(period[0].abs() < 0.2 * peak, "{length}: {} of {peak}", period[0]);
            assert!(peak < 0.6, "{length}: {peak}");
        }
    }

    #[test]
    fn the_shortest_period_is_filled_too() {
        assert!(pluck(2, 1.0).iter().all(|sample| sample.is_finite()));
    }

    #[test]
    fn noise_stays_in_range_and_repeats_from_its_seed() {
        let (mut one, mut same) = (Noise::seeded(3), Noise::seeded(3));
        for _ in 0..10_000 {
            let value = one.next();
            assert!((-1.0..=1.0).contains(&value));
            assert_eq!(value, same.next());
        }
    }
}
