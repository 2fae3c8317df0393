//! What a listener would check, measured on rendered samples.

use crate::{Guitar, STRINGS};
use proptest::prelude::*;

const RATES: [f32; 2] = [44_100.0, 48_000.0];
const OPEN: [f32; STRINGS] = [82.407, 110.0, 146.832, 195.998, 246.942, 329.628];

fn render(guitar: &mut Guitar, seconds: f32) -> Vec<f32> {
    let mut out = vec![f32::NAN; (seconds * guitar.sample_rate()) as usize];
    guitar.render(&mut out);
    out
}

fn plucked(hz: f32, velocity: f32, seconds: f32) -> Vec<f32> {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(0, hz, velocity);
    render(&mut guitar, seconds)
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

fn decibels(ratio: f32) -> f32 {
    20.0 * ratio.log10()
}

/// The largest change from one sample to the next: what a click would stand out in.
fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// The frequency near `expected`, from the autocorrelation peak some periods away: the further,
/// the finer. A parabola through the three largest values finds the peak between samples.
fn pitch(samples: &[f32], sample_rate: f32, expected: f32) -> f32 {
    let periods = 12.0;
    let centre = (periods * sample_rate / expected).round() as usize;
    let reach = (0.3 * sample_rate / expected) as usize;
    let window = samples.len() - centre - reach - 1;
    let correlation = |lag: usize| -> f64 {
        (0..window).map(|at| f64::from(samples[at]) * f64::from(samples[at + lag])).sum()
    };
    let around: Vec<f64> = (centre - reach..=centre + reach).map(correlation).collect();
    let peak = (1..around.len() - 1).max_by(|&a, &b| around[a].total_cmp(&around[b])).unwrap_or(1);
    let [left, middle, right] = [around[peak - 1], around[peak], around[peak + 1]];
    let offset = 0.5 * (left - right) / (left - 2.0 * middle + right);
    let lag = (centre - reach + peak) as f64 + offset;
    periods * sample_rate / lag as f32
}

fn cents(measured: f32, expected: f32) -> f32 {
    1200.0 * (measured / expected).log2()
}

#[test]
fn every_fret_of_every_string_is_in_tune_within_3_cents() {
    for sample_rate in RATES {
        for note in 39..=88 {
            let hz = 440.0 * ((note as f32 - 69.0) / 12.0).exp2();
            let mut guitar = Guitar::new(sample_rate);
            guitar.pluck(0, hz, 0.7);
            render(&mut guitar, 0.1);
            let samples = render(&mut guitar, 24.0 / hz + 0.02);
            let off = cents(pitch(&samples, sample_rate, hz), hz);
            assert!(off.abs() < 3.0, "MIDI {note} at {sample_rate}: {off} cents");
        }
    }
}

#[test]
fn low_strings_ring_for_seconds_and_high_ones_shorter() {
    let seconds_to_minus_60 = |hz: f32| {
        let samples = plucked(hz, 0.8, 2.0);
        let (early, late) = (&samples[14_400..24_000], &samples[62_400..72_000]);
        60.0 / decibels(rms(early) / rms(late))
    };
    let low = seconds_to_minus_60(OPEN[0]);
    let high = seconds_to_minus_60(OPEN[5]);
    assert!((3.5..6.5).contains(&low), "low E: {low} s");
    assert!((1.3..2.8).contains(&high), "high e: {high} s");
}

#[test]
fn a_harder_pluck_is_louder_and_brighter() {
    let brightness = |samples: &[f32]| {
        let steps: Vec<f32> = samples.windows(2).map(|pair| pair[1] - pair[0]).collect();
        rms(&steps) / rms(samples)
    };
    for hz in OPEN {
        let [soft, medium, hard] = [0.2, 0.6, 1.0].map(|velocity| plucked(hz, velocity, 0.2));
        assert!(rms(&soft) < rms(&medium) && rms(&medium) < rms(&hard), "{hz}");
        assert!(brightness(&soft) < brightness(&medium), "{hz}");
        assert!(brightness(&medium) < brightness(&hard), "{hz}");
    }
}

#[test]
fn damping_silences_within_100_ms_without_a_click() {
    for (string, hz) in OPEN.into_iter().enumerate() {
        let mut guitar = Guitar::new(48_000.0);
        guitar.pluck(string, hz, 1.0);
        let ringing = render(&mut guitar, 0.3);
        let before = &ringing[ringing.len() - 2400..];
        guitar.damp(string);
        let damped = render(&mut guitar, 0.2);
        let after = rms(&damped[4800..]) / rms(before);
        assert!(decibels(after) < -60.0, "string {string}: {} dB", decibels(after));
        assert!(rms(&damped[..480]) > 0.1 * rms(before), "string {string} is cut off");
        let seam = [before, &damped].concat();
        assert!(largest_step(&seam) <= 1.05 * largest_step(before), "string {string} clicks");
    }
}

#[test]
fn plucking_a_ringing_string_steps_no_more_than_plucking_a_still_one() {
    for (string, hz) in OPEN.into_iter().enumerate() {
        let higher = hz * 1.189_207;
        let mut guitar = Guitar::new(48_000.0);
        let mut fresh = 0f32;
        // The scrape differs from pluck to pluck, and so does the largest step.
        for _ in 0..8 {
            guitar.pluck(string, higher, 1.0);
            fresh = fresh.max(largest_step(&render(&mut guitar, 0.3)));
            guitar.damp(string);
            render(&mut guitar, 0.3);
        }
        let mut guitar = Guitar::new(48_000.0);
        guitar.pluck(string, hz, 1.0);
        let mut samples = Vec::new();
        // From far apart to a tremolo faster than the old vibration fades.
        for pause in [0.3, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] {
            samples.extend(render(&mut guitar, pause));
            guitar.pluck(string, higher, 1.0);
        }
        let again = largest_step(&samples);
        assert!(again < 1.3 * fresh, "string {string}: {again} against {fresh}");
    }
}

#[test]
fn a_gentle_pluck_takes_over_from_a_loud_vibration_without_a_click() {
    for (string, hz) in OPEN.into_iter().enumerate() {
        let gentle = largest_step(&plucked(hz, 0.1, 0.05));
        let mut guitar = Guitar::new(48_000.0);
        // Stop at different places of the period: a click needs a sample far from zero.
        for pause in [0.300, 0.301, 0.302, 0.303, 0.304, 0.305] {
            guitar.pluck(string, hz, 1.0);
            let ringing = render(&mut guitar, pause);
            let before = largest_step(&ringing[ringing.len() - 2400..]);
            guitar.pluck(string, hz, 0.1);
            let seam = [&ringing[ringing.len() - 2400..], &render(&mut guitar, 0.05)].concat();
            let allowed = 1.1 * (before + gentle);
            assert!(largest_step(&seam) < allowed, "string {string}: {}", largest_step(&seam));
        }
    }
}

#[test]
fn other_strings_ring_on_when_one_is_plucked_or_damped() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(1, OPEN[1], 0.8);
    render(&mut guitar, 0.2);
    let before = guitar.envelope(1);
    guitar.pluck(4, OPEN[4], 0.8);
    guitar.damp(4);
    render(&mut guitar, 0.2);
    assert!(guitar.envelope(1) > 0.5 * before);
    assert!(guitar.envelope(4) < 0.01);
}

#[test]
fn a_slide_arrives_in_tune_without_a_click() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(2, OPEN[2], 0.8);
    let mut samples = render(&mut guitar, 0.1);
    let ringing = largest_step(&samples[2400..]);
    let fret_5 = OPEN[2] * (5.0f32 / 12.0).exp2();
    guitar.slide(2, fret_5);
    samples.extend(render(&mut guitar, 0.2));
    assert!(largest_step(&samples[2400..]) < 1.5 * ringing);
    let off = cents(pitch(&render(&mut guitar, 0.2), 48_000.0, fret_5), fret_5);
    assert!(off.abs() < 3.0, "{off} cents");
}

#[test]
fn six_strings_at_full_velocity_stay_within_range() {
    let mut guitar = Guitar::new(48_000.0);
    for _ in 0..20 {
        for (string, hz) in OPEN.into_iter().enumerate() {
            guitar.pluck(string, hz, 1.0);
        }
        let samples = render(&mut guitar, 0.05);
        assert!(samples.iter().all(|sample| sample.abs() < 1.0));
    }
}

#[test]
fn one_string_is_well_audible_and_not_limited() {
    for hz in OPEN {
        let peak = plucked(hz, 1.0, 0.2).into_iter().map(f32::abs).fold(0.0, f32::max);
        assert!((0.2..0.75).contains(&peak), "{hz}: {peak}");
    }
}

#[test]
fn a_guitar_that_nobody_touches_is_silent() {
    let mut guitar = Guitar::new(48_000.0);
    assert!(render(&mut guitar, 0.1).iter().all(|&sample| sample == 0.0));
    assert_eq!(guitar.envelope(0), 0.0);
}

#[test]
fn a_string_falls_completely_still_in_the_end() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(5, OPEN[5], 1.0);
    render(&mut guitar, 6.0);
    assert_eq!(guitar.envelope(5), 0.0);
    assert!(render(&mut guitar, 0.1).iter().all(|&sample| sample.abs() < 1e-6));
}

#[test]
fn the_envelope_starts_near_one_after_the_hardest_pluck_and_falls() {
    for (string, hz) in OPEN.into_iter().enumerate() {
        let mut guitar = Guitar::new(48_000.0);
        guitar.pluck(string, hz, 1.0);
        render(&mut guitar, 0.02);
        let start = guitar.envelope(string);
        render(&mut guitar, 0.5);
        assert!((0.5..=1.0).contains(&start), "string {string}: {start}");
        assert!(guitar.envelope(string) < start);
    }
}

#[test]
fn volume_0_is_silence_and_is_reached_without_a_click() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(0, OPEN[0], 1.0);
    let ringing = render(&mut guitar, 0.2);
    guitar.set_volume(f32::NAN);
    guitar.set_volume(0.0);
    let fading = render(&mut guitar, 0.3);
    let seam = [&ringing[ringing.len() - 2400..], &fading].concat();
    assert!(largest_step(&seam) <= 1.1 * largest_step(&ringing[ringing.len() - 2400..]));
    assert!(fading[12_000..].iter().all(|&sample| sample == 0.0));
}

#[test]
fn a_waiting_pluck_sounds_at_its_sample() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck_after(480, 3, OPEN[3], 1.0);
    let late = render(&mut guitar, 0.1);
    assert!(late[..480].iter().all(|&sample| sample == 0.0));
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck(3, OPEN[3], 1.0);
    assert_eq!(late[480..], render(&mut guitar, 0.09));
}

#[test]
fn damping_forgets_the_waiting_plucks_of_its_string_only() {
    let mut guitar = Guitar::new(48_000.0);
    guitar.pluck_after(480, 0, OPEN[0], 1.0);
    guitar.pluck_after(480, 1, OPEN[1], 1.0);
    guitar.damp(0);
    render(&mut guitar, 0.05);
    assert_eq!(guitar.envelope(0), 0.0);
    assert!(guitar.envelope(1) > 0.1);
}

#[test]
fn when_too_many_plucks_wait_the_next_sounds_at_once() {
    let mut guitar = Guitar::new(48_000.0);
    for _ in 0..48 {
        guitar.pluck_after(48_000, 0, OPEN[0], 1.0);
    }
    guitar.pluck_after(48_000, 5, OPEN[5], 1.0);
    render(&mut guitar, 0.01);
    assert!(guitar.envelope(5) > 0.1);
}

/// What a caller can do to a guitar.
#[derive(Clone, Copy, Debug)]
enum Act {
    Pluck(usize, usize, f32, f32),
    Slide(usize, f32),
    Damp(usize),
    DampAll,
    Volume(f32),
    Render(usize),
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        proptest::num::f32::ANY,
        0.0f32..1.0,
        40.0f32..2640.0,
        Just(f32::NAN),
        Just(f32::INFINITY),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0usize..2000, 0usize..8, 40.0f32..2640.0, 0.0f32..1.5)
            .prop_map(|(after, string, hz, velocity)| Act::Pluck(after, string, hz, velocity)),
        1 => (0usize..2000, 0usize..8, number(), number())
            .prop_map(|(after, string, hz, velocity)| Act::Pluck(after, string, hz, velocity)),
        1 => (0usize..8, number()).prop_map(|(string, hz)| Act::Slide(string, hz)),
        1 => (0usize..8).prop_map(Act::Damp),
        1 => Just(Act::DampAll),
        1 => number().prop_map(Act::Volume),
        3 => (0usize..3000).prop_map(Act::Render),
    ]
}

/// Plays the acts, rendering in pieces of at most `block` samples.
fn play(sample_rate: f32, acts: &[Act], block: usize) -> Vec<f32> {
    let mut guitar = Guitar::new(sample_rate);
    let mut samples = Vec::new();
    for &act in acts {
        match act {
            Act::Pluck(0, string, hz, velocity) => guitar.pluck(string, hz, velocity),
            Act::Pluck(after, string, hz, velocity) => {
                guitar.pluck_after(after, string, hz, velocity);
            }
            Act::Slide(string, hz) => guitar.slide(string, hz),
            Act::Damp(string) => guitar.damp(string),
            Act::DampAll => guitar.damp_all(),
            Act::Volume(volume) => guitar.set_volume(volume),
            Act::Render(length) => {
                let mut out = vec![f32::NAN; length];
                out.chunks_mut(block).for_each(|piece| guitar.render(piece));
                samples.extend(out);
            }
        }
        for string in 0..8 {
            assert!((0.0..=1.0).contains(&guitar.envelope(string)));
        }
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_played_stays_in_range_and_does_not_depend_on_the_blocks(
        sample_rate in number(),
        acts in proptest::collection::vec(act(), 1..30),
        block in 1usize..300,
    ) {
        let whole = play(sample_rate, &acts, usize::MAX);
        prop_assert!(whole.iter().all(|sample| sample.abs() < 1.0));
        prop_assert!(whole == play(sample_rate, &acts, block));
    }
}
