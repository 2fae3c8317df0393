//! What happens to the sum of the strings: the wooden body, volume, and a ceiling.

use std::f32::consts::TAU;

/// Below this level samples pass unchanged …
const KNEE: f32 = 0.6;
/// … and this one they never exceed.
const CEILING: f32 = 0.99;
/// How fast a new volume is reached, in seconds: too fast would crackle.
const VOLUME: f32 = 0.01;
/// Filter memories smaller than this are emptied before they become slow denormal numbers.
const NOTHING: f32 = 1e-20;

/// From the bridge to the ear.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    offset: OffsetBlocker,
    air: Resonance,
    top: Resonance,
    volume: f32,
    target_volume: f32,
    volume_step: f32,
}

impl Output {
    pub(crate) fn new(sample_rate: f32) -> Self {
        Self {
            offset: OffsetBlocker::new(20.0, sample_rate),
            // The air in the sound hole and the first mode of the top plate of a usual guitar.
            // The resonances are broad because a narrow one would ring on after damping.
            air: Resonance::new(105.0, 2.0, 0.35, sample_rate),
            top: Resonance::new(205.0, 2.5, 0.3, sample_rate),
            volume: 1.0,
            target_volume: 1.0,
            volume_step: 1.0 - (-1.0 / (VOLUME * sample_rate)).exp(),
        }
    }

    pub(crate) fn set_volume(&mut self, volume: f32) {
        self.target_volume = volume;
    }

    pub(crate) fn process(&mut self, out: &mut [f32]) {
        for sample in out {
            let bridge = self.offset.next(*sample);
            let body = bridge + self.air.next(bridge) + self.top.next(bridge);
            *sample = limit(body * self.next_volume());
        }
    }

    fn next_volume(&mut self) -> f32 {
        let away = self.target_volume - self.volume;
        if away.abs() < 1e-6 {
            self.volume = self.target_volume;
        } else {
            self.volume += away * self.volume_step;
        }
        self.volume
    }
}

/// Bends what is above the knee towards the ceiling; there is no corner at the knee.
fn limit(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 {
        return sample;
    }
    let room = CEILING - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(sample)
}

/// A first-order high-pass far below the lowest string.
#[derive(Clone, Debug)]
struct OffsetBlocker {
    pole: f32,
    input: f32,
    output: f32,
}

impl OffsetBlocker {
    fn new(hz: f32, sample_rate: f32) -> Self {
        Self { pole: (-TAU * hz / sample_rate).exp(), input: 0.0, output: 0.0 }
    }

    fn next(&mut self, input: f32) -> f32 {
        self.output = flush(input - self.input + self.pole * self.output);
        self.input = input;
        self.output
    }
}

/// A band-pass (R. Bristow-Johnson, "Audio EQ Cookbook", constant peak gain) scaled by `gain`.
#[derive(Clone, Debug)]
struct Resonance {
    forward: f32,
    back: [f32; 2],
    memory: [f32; 2],
}

impl Resonance {
    fn new(hz: f32, q: f32, gain: f32, sample_rate: f32) -> Self {
        let angle = TAU * hz / sample_rate;
        let alpha = angle.sin() / (2.0 * q);
        let scale = 1.0 / (1.0 + alpha);
        Self {
            forward: gain * alpha * scale,
            back: [-2.0 * angle.cos() * scale, (1.0 - alpha) * scale],
            memory: [0.0; 2],
        }
    }

    fn next(&mut self, input: f32) -> f32 {
        let output = self.forward * input + self.memory[0];
        self.memory[0] = flush(self.memory[1] - self.back[0] * output);
        self.memory[1] = flush(-self.forward * input - self.back[1] * output);
        output
    }
}

fn flush(value: f32) -> f32 {
    if value.abs() < NOTHING { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_leaves_quiet_samples_alone_and_never_passes_the_ceiling() {
        assert_eq!(limit(0.5), 0.5);
        assert_eq!(limit(-0.5), -0.5);
        let mut previous = 0.0;
        for step in 0..10_000 {
            let limited = limit(step as f32 * 0.001);
            assert!(limited >= previous && limited <= CEILING);
            assert_eq!(limit(step as f32 * -0.001), -limited);
            previous = limited;
        }
    }

    #[test]
    fn a_constant_offset_is_removed() {
        let mut out = vec![0.2; 48_000];
        Output::new(48_000.0).process(&mut out);
        assert!(out[40_000..].iter().all(|sample| sample.abs() < 1e-4));
    }
}
