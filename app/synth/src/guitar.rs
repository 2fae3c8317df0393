//! The instrument: six strings, plucks that are still to come, and one output.

use crate::output::Output;
use crate::string::PluckedString;
use crate::tone;

/// How many strings there are; 0 is the low E, 5 the high e.
pub const STRINGS: usize = 6;

/// How many plucks can wait: several strums ahead.
const WAITING: usize = 48;
/// What a string's level reaches after a pluck at full velocity; there its envelope is 1.
const FULL_LEVEL: f32 = 0.3;

/// A guitar that renders mono samples. Strings ring on while others are plucked.
///
/// Numbers that make no sense (a seventh string, NaN, a pitch that no string has) are ignored.
#[derive(Clone, Debug)]
pub struct Guitar {
    sample_rate: f32,
    strings: [PluckedString; STRINGS],
    waiting: [Option<Waiting>; WAITING],
    output: Output,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    samples: usize,
    string: usize,
    hz: f32,
    velocity: f32,
}

impl Guitar {
    /// A silent guitar at `sample_rate` in hertz, kept within 8,000 to 192,000 (48,000 if it is
    /// not a number). This allocates everything that the guitar will ever need.
    pub fn new(sample_rate: f32) -> Self {
        let sample_rate =
            if sample_rate.is_nan() { 48_000.0 } else { sample_rate.clamp(8_000.0, 192_000.0) };
        let mut number = 0;
        let strings = [(); STRINGS].map(|()| {
            number += 1;
            PluckedString::new(sample_rate, number)
        });
        Self { sample_rate, strings, waiting: [None; WAITING], output: Output::new(sample_rate) }
    }

    /// The sample rate in use, in hertz.
    pub fn sample_rate(&self) -> f32 {
        self.sample_rate
    }

    /// Plucks `string` (0 = low E) now. `hz` is 40 to 2640 (and at most an eighth of the sample
    /// rate); `velocity` is above 0, and more than 1 counts as 1. Louder is also brighter.
    pub fn pluck(&mut self, string: usize, hz: f32, velocity: f32) {
        self.pluck_after(0, string, hz, velocity);
    }

    /// Plucks `string` once `samples` more samples have been rendered: one string of a strum.
    /// If 48 plucks are waiting already, this one sounds at once rather than never.
    pub fn pluck_after(&mut self, samples: usize, string: usize, hz: f32, velocity: f32) {
        let Some(hz) = tone::playable(hz, self.sample_rate) else { return };
        if string >= STRINGS || velocity.is_nan() || velocity <= 0.0 {
            return;
        }
        let velocity = velocity.min(1.0);
        let free = self.waiting.iter_mut().find(|place| place.is_none());
        match free {
            Some(place) if samples > 0 => {
                *place = Some(Waiting { samples, string, hz, velocity });
            }
            _ => self.strings[string].pluck(hz, velocity),
        }
    }

    /// Lets a ringing `string` glide to `hz` within some 50 ms without plucking it: a slide, a
    /// hammer-on or a bend. A still string stays still.
    pub fn slide(&mut self, string: usize, hz: f32) {
        let hz = tone::playable(hz, self.sample_rate);
        if let (Some(string), Some(hz)) = (self.strings.get_mut(string), hz) {
            string.slide(hz);
        }
    }

    /// Lays a hand on `string`: it falls silent within some 50 ms and its waiting plucks are
    /// forgotten.
    pub fn damp(&mut self, string: usize) {
        if let Some(string) = self.strings.get_mut(string) {
            string.damp();
        }
        for place in &mut self.waiting {
            if place.is_some_and(|waiting| waiting.string == string) {
                *place = None;
            }
        }
    }

    /// Lays a hand on all strings.
    pub fn damp_all(&mut self) {
        for string in 0..STRINGS {
            self.damp(string);
        }
    }

    /// Sets the volume, 0 (mute) to 1 (as at the start); it is reached smoothly.
    pub fn set_volume(&mut self, volume: f32) {
        if !volume.is_nan() {
            self.output.set_volume(volume.clamp(0.0, 1.0));
        }
    }

    /// How much `string` vibrates at this moment: 0 when still, 1 after the hardest pluck.
    pub fn envelope(&self, string: usize) -> f32 {
        let level = self.strings.get(string).map_or(0.0, PluckedString::level);
        (level / FULL_LEVEL).min(1.0)
    }

    /// Fills `out` with the next samples, each within -1 to 1. Whether one call renders a second
    /// or many calls render its parts makes no difference.
    pub fn render(&mut self, out: &mut [f32]) {
        let mut rest = out;
        while !rest.is_empty() {
            let soonest = self.waiting.iter().flatten().map(|waiting| waiting.samples).min();
            let (now, later) = rest.split_at_mut(soonest.unwrap_or(usize::MAX).min(rest.len()));
            now.fill(0.0);
            for string in &mut self.strings {
                string.add_to(now);
            }
            self.output.process(now);
            self.pass(now.len());
            rest = later;
        }
    }

    /// Lets time go by for the waiting plucks and plays those that are due.
    fn pass(&mut self, samples: usize) {
        for place in &mut self.waiting {
            let Some(waiting) = place else { continue };
            waiting.samples -= samples;
            if waiting.samples == 0 {
                self.strings[waiting.string].pluck(waiting.hz, waiting.velocity);
                *place = None;
            }
        }
    }
}
