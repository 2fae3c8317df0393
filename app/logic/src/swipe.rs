//! From a finger that moves over the strings to strums. Positions are measured in strings: string
//! `s` (0 = low E) lies at `s`, so the strip reaches from −0.5 to 5.5. Times are milliseconds on
//! any steady clock.

use crate::music::STRINGS;
use protocol::guitar::{Direction, Strum, StrumSource};

/// A fast stroke is sent when it has crossed this many strings: enough to measure its direction and
/// speed, and early enough that the delay is not noticed.
const STRINGS_PER_STRUM: usize = 3;
/// Below this speed, in strings per second, every string is sent as it is crossed: the finger
/// picks an arpeggio, and a delay would be noticed.
const PICKING_SPEED: f32 = 40.0;
/// A finger trembles on a string; only this much of the way back, in strings, is a new stroke.
const TURN_DISTANCE: f32 = 0.4;
/// A finger that rested this long has lost its speed, in milliseconds.
const REST_MS: f64 = 60.0;
/// A touch shorter than this that crosses nothing is a tap, in milliseconds.
const LONGEST_TAP_MS: f64 = 300.0;

/// One finger on the strings, from its touch to its lift.
#[derive(Debug, Clone)]
pub struct Swipe {
    source: StrumSource,
    began: f64,
    /// Where the finger was last, and when.
    last: (f32, f64),
    /// Where the present stroke began to move: speed is measured from here.
    anchor: (f32, f64),
    /// The farthest place of the present stroke.
    reach: f32,
    direction: Option<Direction>,
    /// Strings crossed and not sent yet, in order.
    crossed: Vec<usize>,
    /// A part of the present stroke is sent; the rest follows string by string.
    sent: bool,
    /// Something was sent since the touch.
    played: bool,
}

impl Swipe {
    /// A finger touches the strip.
    pub fn begin(source: StrumSource, position: f32, at: f64) -> Self {
        let position = clamp_to_strip(position);
        Self {
            source,
            began: at,
            last: (position, at),
            anchor: (position, at),
            reach: position,
            direction: None,
            crossed: Vec::new(),
            sent: false,
            played: false,
        }
    }

    /// The finger moved; returns the strums to play now, none most of the time.
    pub fn moved(&mut self, position: f32, at: f64) -> Vec<Strum> {
        let position = clamp_to_strip(position);
        if at - self.last.1 > REST_MS {
            self.anchor = (self.last.0, at - 16.0);
        }
        let mut strums = Vec::new();
        let direction = if position >= self.reach { Direction::Down } else { Direction::Up };
        match self.direction {
            Some(present) if present == direction => self.cross_to(position, direction),
            // Back, but no farther than a finger trembles.
            Some(_) if (position - self.reach).abs() < TURN_DISTANCE => {}
            Some(_) => {
                strums.extend(self.flush(at));
                self.anchor = (self.reach, self.last.1);
                self.sent = false;
                self.direction = Some(direction);
                self.cross_to(position, direction);
            }
            None if position == self.reach => {}
            None => {
                self.direction = Some(direction);
                self.cross_to(position, direction);
            }
        }
        self.last = (position, at);
        if self.sent || self.crossed.len() >= STRINGS_PER_STRUM || self.speed(at) < PICKING_SPEED {
            strums.extend(self.flush(at));
        }
        strums
    }

    /// The finger lifts: what is left of the stroke, or a short strum around a tapped string.
    pub fn ended(mut self, at: f64) -> Option<Strum> {
        if let Some(strum) = self.flush(at) {
            return Some(strum);
        }
        if self.played || at - self.began > LONGEST_TAP_MS {
            return None;
        }
        let string = (self.last.0.round().max(0.0) as usize).min(STRINGS - 1);
        let near = string.saturating_sub(1)..=(string + 1).min(STRINGS - 1);
        Some(self.strum(Direction::Down, 0.6, near))
    }

    fn cross_to(&mut self, position: f32, direction: Direction) {
        let from = self.reach;
        let between = |string: &usize| {
            let place = *string as f32;
            match direction {
                Direction::Down => from < place && place <= position,
                Direction::Up => position <= place && place < from,
            }
        };
        match direction {
            Direction::Down => self.crossed.extend((0..STRINGS).filter(between)),
            Direction::Up => self.crossed.extend((0..STRINGS).rev().filter(between)),
        }
        self.reach = position;
    }

    fn flush(&mut self, at: f64) -> Option<Strum> {
        let direction = self.direction?;
        if self.crossed.is_empty() {
            return None;
        }
        let velocity = velocity(self.speed(at));
        let strings = std::mem::take(&mut self.crossed);
        self.sent = true;
        self.played = true;
        Some(self.strum(direction, velocity, strings))
    }

    /// Strings per second since the stroke began to move.
    fn speed(&self, at: f64) -> f32 {
        let way = (self.reach - self.anchor.0).abs();
        let time = (at - self.anchor.1).max(4.0) as f32;
        way * 1000.0 / time
    }

    fn strum(
        &self,
        direction: Direction,
        velocity: f32,
        strings: impl IntoIterator<Item = usize>,
    ) -> Strum {
        let number = |string| (STRINGS - string) as u8;
        Strum {
            direction,
            velocity,
            strings: Some(strings.into_iter().map(number).collect()),
            source: self.source,
            at: None,
        }
    }
}

/// The velocity of a stroke of this many strings per second. It grows with the logarithm of the
/// speed, because loudness is perceived by ratios.
fn velocity(speed: f32) -> f32 {
    let (gentle, hard) = (8.0f32, 80.0f32);
    let part = (speed.max(gentle) / gentle).ln() / (hard / gentle).ln();
    0.35 + 0.65 * part.min(1.0)
}

/// Keeps a position on the strip; NaN counts as its upper edge.
fn clamp_to_strip(position: f32) -> f32 {
    if position.is_nan() { -0.5 } else { position.clamp(-0.5, STRINGS as f32 - 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plays a path of (position, time) and returns direction and strings of each strum.
    fn play(path: &[(f32, f64)]) -> Vec<(Direction, Vec<u8>)> {
        strums(path).into_iter().map(|s| (s.direction, s.strings.unwrap_or_default())).collect()
    }

    fn strums(path: &[(f32, f64)]) -> Vec<Strum> {
        let mut swipe = Swipe::begin(StrumSource::Swipe, path[0].0, path[0].1);
        let mut strums = Vec::new();
        for &(position, at) in &path[1..] {
            strums.extend(swipe.moved(position, at));
        }
        strums.extend(swipe.ended(path[path.len() - 1].1));
        strums
    }

    #[test]
    fn a_fast_stroke_sounds_when_three_strings_are_crossed_and_follows_the_finger_then() {
        let path = [(-0.4, 0.0), (1.2, 20.0), (2.1, 32.0), (3.6, 48.0), (5.4, 64.0)];
        assert_eq!(
            play(&path),
            [
                (Direction::Down, vec![6, 5, 4]),
                (Direction::Down, vec![3]),
                (Direction::Down, vec![2, 1]),
            ]
        );
    }

    #[test]
    fn a_stroke_upwards_begins_on_the_high_e() {
        let path = [(5.4, 0.0), (2.8, 24.0)];
        assert_eq!(play(&path), [(Direction::Up, vec![1, 2, 3])]);
    }

    #[test]
    fn a_slow_finger_picks_string_by_string() {
        let path = [(0.6, 0.0), (1.1, 90.0), (2.1, 190.0)];
        assert_eq!(play(&path), [(Direction::Down, vec![5]), (Direction::Down, vec![4])]);
    }

    #[test]
    fn down_and_up_without_lifting_are_two_strokes() {
        let path = [(-0.4, 0.0), (5.4, 60.0), (-0.4, 140.0)];
        assert_eq!(
            play(&path),
            [(Direction::Down, vec![6, 5, 4, 3, 2, 1]), (Direction::Up, vec![1, 2, 3, 4, 5, 6]),]
        );
    }

    #[test]
    fn a_trembling_finger_plucks_its_string_once() {
        let path = [(0.8, 0.0), (1.05, 80.0), (0.9, 96.0), (1.1, 112.0), (0.95, 130.0)];
        assert_eq!(play(&path), [(Direction::Down, vec![5])]);
    }

    #[test]
    fn a_tap_is_a_short_strum_around_its_string_and_a_long_touch_is_nothing() {
        assert_eq!(play(&[(2.2, 0.0), (2.2, 80.0)]), [(Direction::Down, vec![5, 4, 3])]);
        assert_eq!(play(&[(-0.5, 0.0), (-0.5, 10.0)]), [(Direction::Down, vec![6, 5])]);
        assert_eq!(play(&[(2.2, 0.0), (2.2, 800.0)]), []);
    }

    #[test]
    fn a_faster_stroke_is_louder() {
        let loud = strums(&[(-0.4, 0.0), (5.4, 60.0)])[0].velocity;
        let gently: Vec<_> =
            (0..=20u8).map(|i| (f32::from(i) * 0.25, f64::from(i) * 25.0)).collect();
        let soft = strums(&gently)[0].velocity;
        assert!(loud > 0.9 && soft < 0.7, "{loud} {soft}");
    }

    #[test]
    fn a_finger_that_rested_is_as_fast_as_it_moves_then() {
        let rested = strums(&[(-0.4, 0.0), (-0.4, 2000.0), (5.4, 2060.0)]);
        assert!(rested[0].velocity > 0.9);
    }

    proptest! {
        #[test]
        fn whatever_a_finger_does_a_strum_names_real_strings_and_a_real_velocity(
            path in proptest::collection::vec((proptest::num::f32::ANY, 0.0f64..5000.0), 1..40)
        ) {
            for strum in strums(&path) {
                let strings = strum.strings.unwrap_or_default();
                prop_assert!(!strings.is_empty());
                prop_assert!(strings.iter().all(|s| (1..=6).contains(s)));
                prop_assert!((0.0..=1.0).contains(&strum.velocity));
            }
        }
    }
}
