//! How a string of a given pitch loses its energy, as the numbers of one filtered delay loop.

use std::f32::consts::TAU;

/// The lowest pitch that the delay lines have room for, in hertz (below a bass guitar's low E).
pub(crate) const LOWEST_HZ: f32 = 40.0;
/// The highest pitch in hertz, an octave above the highest fret of the high e string.
const HIGHEST_HZ: f32 = 2640.0;

/// One loop: a delay, a one-pole low-pass `(1 - pole) / (1 - pole z⁻¹)` and a gain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    /// Samples of pure delay; the low-pass adds what is missing to one period.
    pub(crate) delay: f32,
    /// 0 to below 1; the larger, the faster high partials die.
    pub(crate) pole: f32,
    /// Below 1, so that no partial can grow.
    pub(crate) gain: f32,
}

/// The pitch if it can be played at this sample rate. The delay must stay a few samples long.
pub(crate) fn playable(hz: f32, sample_rate: f32) -> Option<f32> {
    (LOWEST_HZ..=HIGHEST_HZ.min(sample_rate / 8.0)).contains(&hz).then_some(hz)
}

/// The loop that sounds a [`playable`] pitch.
///
/// The gain per period that brings a partial down by 60 dB in `t` seconds is `10^(-3 / (hz t))`
/// (Jaffe and Smith's control of decay). Asking for it at the fundamental and at a treble
/// frequency fixes both pole and gain; the low-pass's phase delay at the fundamental is then
/// taken off the delay line, which keeps the string in tune.
pub(crate) fn tune(hz: f32, sample_rate: f32) -> Loop {
    let ring = ring_seconds(hz);
    let treble_hz = (3.0 * hz).max(3000.0).min(0.45 * sample_rate);
    let per_period = |seconds: f32| 10f32.powf(-3.0 / (hz * seconds));

    let low = TAU * hz / sample_rate;
    let high = TAU * treble_hz / sample_rate;
    let pole = pole_for(per_period(ring / 5.0) / per_period(ring), low, high);
    let magnitude = (1.0 - pole) / (1.0 - 2.0 * pole * low.cos() + pole * pole).sqrt();
    let phase_delay = (pole * low.sin()).atan2(1.0 - pole * low.cos()) / low;

    Loop {
        delay: sample_rate / hz - phase_delay,
        pole,
        gain: (per_period(ring) / magnitude).min(0.9999),
    }
}

/// Seconds until the fundamental has fallen by 60 dB: 5.5 on the low E, 2.1 on the high e.
fn ring_seconds(hz: f32) -> f32 {
    (5.5 * (82.4 / hz).powf(0.7)).clamp(0.8, 6.0)
}

/// The pole whose low-pass is `ratio` as strong at `high` as at `low` (radians per sample):
/// the smaller root of `(1 - r²) p² - 2 (cos low - r² cos high) p + (1 - r²) = 0`.
fn pole_for(ratio: f32, low: f32, high: f32) -> f32 {
    let square = ratio * ratio;
    let a = 1.0 - square;
    let b = low.cos() - square * high.cos();
    // Written as a / (b + √…) because b - √… would lose its digits when `a` is small.
    (a / (b + (b * b - a * a).max(0.0).sqrt())).clamp(0.0, 0.95)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loop_is_stable_and_has_room_for_its_interpolation() {
        for sample_rate in [8_000.0, 44_100.0, 48_000.0, 192_000.0] {
            for hz in (40..2640).map(|hz| hz as f32) {
                if playable(hz, sample_rate).is_none() {
                    continue;
                }
                let Loop { delay, pole, gain } = tune(hz, sample_rate);
                assert!((2.0..=sample_rate / 40.0).contains(&delay), "{sample_rate} {hz} {delay}");
                assert!((0.0..0.951).contains(&pole), "{sample_rate} {hz} {pole}");
                assert!((0.5..1.0).contains(&gain), "{sample_rate} {hz} {gain}");
            }
        }
    }

    #[test]
    fn what_is_no_pitch_is_not_playable() {
        for hz in [f32::NAN, f32::INFINITY, -110.0, 0.0, 39.9, 2641.0] {
            assert_eq!(playable(hz, 48_000.0), None);
        }
        assert_eq!(playable(1320.0, 44_100.0), Some(1320.0));
    }
}
