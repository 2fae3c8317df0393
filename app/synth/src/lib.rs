//! The sound of a plucked six-string guitar, rendered sample by sample.
//!
//! The crate depends on no browser, no chord and no clock: it takes which string to pluck at which
//! frequency, and fills buffers. Each string is an extended Karplus-Strong loop: a delay line of
//! one period whose content is filtered a little on every round.
//!
//! - K. Karplus and A. Strong, "Digital Synthesis of Plucked-String and Drum Timbres",
//!   Computer Music Journal 7(2), 1983.
//! - D. Jaffe and J. Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm",
//!   Computer Music Journal 7(2), 1983: fractional tuning, decay control, pick position,
//!   dynamics.
//!
//! Everything is deterministic: the same calls give the same samples, in whatever blocks they are
//! rendered. Rendering allocates nothing and no input can make it panic.

mod guitar;
mod output;
mod pluck;
#[cfg(test)]
mod sound_tests;
mod string;
mod tone;

pub use guitar::{Guitar, STRINGS};

/// The longest pluck that [`pluck_buffer`] renders, in seconds.
const LONGEST: f32 = 30.0;
/// How long the end of a pre-rendered pluck fades, in seconds.
const FADE: f32 = 0.05;

/// One pluck rendered ahead, for players that schedule buffers instead of streaming samples.
///
/// `sample_rate` and `hz` are in hertz, `velocity` is 0 to 1, `seconds` is at most 30. The last
/// 50 ms fade to zero. What [`Guitar::pluck`] would ignore gives silence of the same length.
pub fn pluck_buffer(sample_rate: f32, hz: f32, velocity: f32, seconds: f32) -> Vec<f32> {
    let mut guitar = Guitar::new(sample_rate);
    let seconds = if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, LONGEST) };
    let mut samples = vec![0.0; (seconds * guitar.sample_rate()) as usize];
    guitar.pluck(0, hz, velocity);
    guitar.render(&mut samples);

    let fade = ((FADE * guitar.sample_rate()) as usize).min(samples.len());
    let tail = samples.len() - fade;
    for (done, sample) in samples[tail..].iter_mut().enumerate() {
        *sample *= 1.0 - (done + 1) as f32 / fade as f32;
    }
    samples
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_pluck_has_the_length_asked_for_and_ends_in_silence() {
        let samples = pluck_buffer(48_000.0, 110.0, 0.8, 1.5);
        assert_eq!(samples.len(), 72_000);
        assert_eq!(*samples.last().unwrap(), 0.0);
        assert!(samples.iter().any(|sample| sample.abs() > 0.1));
    }

    #[test]
    fn nonsense_renders_as_silence_or_nothing() {
        assert!(pluck_buffer(48_000.0, f32::NAN, 1.0, 0.1).iter().all(|&sample| sample == 0.0));
        assert!(pluck_buffer(48_000.0, 110.0, 1.0, f32::NAN).is_empty());
        assert!(pluck_buffer(f32::NAN, 110.0, 1.0, -1.0).is_empty());
    }
}
