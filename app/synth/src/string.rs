//! One string of the guitar: it rings, slides, is damped, and may be plucked while it rings.

use crate::pluck::{self, Noise};
use crate::tone::{self, LOWEST_HZ, Loop};

/// Fading time constants in seconds: a hand laid on the string …
const DAMP: f32 = 0.007;
/// … the old vibration when the string is plucked anew …
const REPLACE: f32 = 0.003;
/// … and what is left of a vibration that had to be cut off.
const REMNANT: f32 = 0.0015;
/// How fast a slide reaches its new pitch.
const SLIDE: f32 = 0.012;
/// How fast the shown level follows a fading string.
const LEVEL: f32 = 0.03;
/// The level, 100 dB below full scale, under which a string counts as still. Stopping there also
/// keeps numbers out of the denormal range, which is slow in WebAssembly.
const STILL: f32 = 1e-5;

/// A string is two vibrations: the newest one and the one that it replaces, which fades within
/// milliseconds. That is what lets a ringing string be plucked, at any pitch, without a click.
#[derive(Clone, Debug)]
pub(crate) struct PluckedString {
    vibrations: [Vibration; 2],
    newest: usize,
    /// Joins the last sample of a vibration that was cut off to silence.
    remnant: f32,
    remnant_decay: f32,
    noise: Noise,
    sample_rate: f32,
}

impl PluckedString {
    pub(crate) fn new(sample_rate: f32, number: u32) -> Self {
        Self {
            vibrations: [Vibration::new(sample_rate), Vibration::new(sample_rate)],
            newest: 0,
            remnant: 0.0,
            remnant_decay: decay(REMNANT, sample_rate),
            noise: Noise::seeded(number),
            sample_rate,
        }
    }

    /// Starts a vibration at a [playable](tone::playable) pitch; velocity is above 0 up to 1.
    pub(crate) fn pluck(&mut self, hz: f32, velocity: f32) {
        self.vibrations[self.newest].fade(decay(REPLACE, self.sample_rate));
        self.newest = 1 - self.newest;
        let vibration = &mut self.vibrations[self.newest];
        if vibration.active {
            self.remnant += vibration.last;
        }
        vibration.start(hz, velocity, self.sample_rate, &mut self.noise);
    }

    pub(crate) fn slide(&mut self, hz: f32) {
        self.vibrations[self.newest].target = tone::tune(hz, self.sample_rate);
    }

    pub(crate) fn damp(&mut self) {
        let factor = decay(DAMP, self.sample_rate);
        self.vibrations.iter_mut().for_each(|vibration| vibration.fade(factor));
    }

    /// The level of the louder vibration in samples' units.
    pub(crate) fn level(&self) -> f32 {
        let level = |vibration: &Vibration| if vibration.active { vibration.level } else { 0.0 };
        level(&self.vibrations[0]).max(level(&self.vibrations[1]))
    }

    /// Adds what the string sounds to `out`.
    pub(crate) fn add_to(&mut self, out: &mut [f32]) {
        for vibration in &mut self.vibrations {
            vibration.add_to(out);
        }
        if self.remnant == 0.0 {
            return;
        }
        for sample in out {
            self.remnant *= self.remnant_decay;
            if self.remnant.abs() < STILL {
                self.remnant = 0.0;
                break;
            }
            *sample += self.remnant;
        }
    }
}

/// The factor per sample that fades by 1/e in `seconds`.
fn decay(seconds: f32, sample_rate: f32) -> f32 {
    (-1.0 / (seconds * sample_rate)).exp()
}

/// One Karplus-Strong loop.
#[derive(Clone, Debug)]
struct Vibration {
    active: bool,
    /// The last samples; its length is a power of two so that positions wrap with a mask.
    line: Vec<f32>,
    write: usize,
    tuning: Loop,
    /// Where a slide leads; `tuning` approaches it.
    target: Loop,
    slide: f32,
    lowpass: f32,
    /// One period of the pick's doing, fed in once.
    pluck: Vec<f32>,
    pluck_length: usize,
    plucked: usize,
    /// The loudness that a damping hand has left, and how it shrinks per sample.
    left: f32,
    fade: f32,
    level: f32,
    level_decay: f32,
    last: f32,
}

impl Vibration {
    fn new(sample_rate: f32) -> Self {
        let longest = (sample_rate / LOWEST_HZ).ceil() as usize;
        let silent = tone::tune(LOWEST_HZ, sample_rate);
        Self {
            active: false,
            line: vec![0.0; (longest + 4).next_power_of_two()],
            write: 0,
            tuning: silent,
            target: silent,
            slide: 1.0 - decay(SLIDE, sample_rate),
            lowpass: 0.0,
            pluck: vec![0.0; longest + 1],
            pluck_length: 0,
            plucked: 0,
            left: 1.0,
            fade: 1.0,
            level: 0.0,
            level_decay: decay(LEVEL, sample_rate),
            last: 0.0,
        }
    }

    fn start(&mut self, hz: f32, velocity: f32, sample_rate: f32, noise: &mut Noise) {
        self.line.fill(0.0);
        self.tuning = tone::tune(hz, sample_rate);
        self.target = self.tuning;
        self.lowpass = 0.0;
        self.pluck_length = ((sample_rate / hz).round() as usize).clamp(2, self.pluck.len());
        pluck::fill(&mut self.pluck[..self.pluck_length], hz, velocity, sample_rate, noise);
        self.plucked = 0;
        self.left = 1.0;
        self.fade = 1.0;
        self.level = 0.0;
        self.active = true;
    }

    /// Fades by `factor` per sample from now on; a faster fade under way stays.
    fn fade(&mut self, factor: f32) {
        self.fade = self.fade.min(factor);
    }

    fn add_to(&mut self, out: &mut [f32]) {
        if !self.active {
            return;
        }
        for sample in out {
            let value = self.next();
            *sample += value;
            self.level = value.abs().max(self.level * self.level_decay);
            if self.level < STILL && self.plucked == self.pluck_length {
                self.active = false;
                break;
            }
        }
    }

    fn next(&mut self) -> f32 {
        self.follow_slide();
        let returning = self.read(self.tuning.delay);
        self.lowpass = returning + self.tuning.pole * (self.lowpass - returning);
        let mut value = self.tuning.gain * self.lowpass;
        if self.plucked < self.pluck_length {
            value += self.pluck[self.plucked];
            self.plucked += 1;
        }
        self.line[self.write] = value;
        self.write = (self.write + 1) & (self.line.len() - 1);
        self.left *= self.fade;
        self.last = value * self.left;
        self.last
    }

    fn follow_slide(&mut self) {
        let away = self.target.delay - self.tuning.delay;
        // Nearer than half a cent; single precision could not approach much further anyway.
        if away.abs() < 2e-4 * self.target.delay {
            self.tuning = self.target;
            return;
        }
        self.tuning.delay += away * self.slide;
        self.tuning.pole += (self.target.pole - self.tuning.pole) * self.slide;
        self.tuning.gain += (self.target.gain - self.tuning.gain) * self.slide;
    }

    /// The line `delay` samples ago, by third-order Lagrange interpolation through the four
    /// samples around it. Unlike a linear one it hardly dulls the treble, unlike an allpass it
    /// lets the pitch slide, and its gain stays at or below 1, which keeps the loop stable
    /// (Laakso et al., "Splitting the Unit Delay", 1996).
    fn read(&self, delay: f32) -> f32 {
        let whole = delay as usize;
        let d = delay - whole as f32;
        let mask = self.line.len() - 1;
        let at = |ago: usize| self.line[self.write.wrapping_sub(ago) & mask];
        let (before, beyond, far) = (d + 1.0, d - 1.0, d - 2.0);
        at(whole - 1) * (-d * beyond * far / 6.0)
            + at(whole) * (before * beyond * far / 2.0)
            + at(whole + 1) * (-before * d * far / 2.0)
            + at(whole + 2) * (before * d * beyond / 6.0)
    }
}
