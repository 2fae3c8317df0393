//! When and how hard each string sounds in one stroke across them.

use super::STRINGS;

/// What a strum does to one string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Milliseconds after the stroke meets its first sounding string.
    pub delay_ms: f32,
    /// How hard the string is struck, 0 to 1.
    pub gain: f32,
}

/// Between neighbouring strings a gentle stroke takes this long, in milliseconds …
const SLOW_MS: f32 = 14.0;
/// … and the hardest one this long.
const FAST_MS: f32 = 8.0;

/// A down-stroke falls into the bass strings and leaves the treble a little lighter.
const DOWN: [f32; STRINGS] = [1.0, 1.0, 0.95, 0.9, 0.85, 0.8];
/// An up-stroke catches the treble and only brushes the bass.
const UP: [f32; STRINGS] = [0.25, 0.4, 0.7, 0.9, 1.0, 1.0];

/// With so many strings sounding above it, an up-stroke no longer reaches the low E.
const UP_REACH: usize = 4;

/// One strum: `down` goes from low E to high e, otherwise back. `velocity` is 0 to 1; anything
/// else is brought into that range, and NaN counts as 0. Strings that do not sound stay `None`,
/// but the hand needs its time to pass over them.
///
/// Down and up differ in order, in weight and, on full chords, in the low E that only a
/// down-stroke plays, so that the two can be told apart by ear.
pub fn strum_delays(
    down: bool,
    strings_sounding: &[bool; STRINGS],
    velocity: f32,
) -> [Option<Stroke>; STRINGS] {
    let velocity = if velocity.is_nan() { 0.0 } else { velocity.clamp(0.0, 1.0) };
    let between = SLOW_MS + (FAST_MS - SLOW_MS) * velocity;
    let weights = if down { &DOWN } else { &UP };
    let above_low_e = strings_sounding[1..].iter().filter(|&&sounds| sounds).count();
    let mut strokes = [None; STRINGS];
    let mut passed: Option<f32> = None;
    for step in 0..STRINGS {
        let string = if down { step } else { STRINGS - 1 - step };
        let reached = down || string > 0 || above_low_e < UP_REACH;
        if strings_sounding[string] && reached {
            let delay_ms = passed.unwrap_or(0.0);
            strokes[string] = Some(Stroke { delay_ms, gain: velocity * weights[string] });
            passed = Some(delay_ms);
        }
        passed = passed.map(|ms| ms + between);
    }
    strokes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_down_stroke_runs_from_low_e_to_high_e() {
        let strokes = strum_delays(true, &[true; 6], 1.0).map(|stroke| stroke.unwrap().delay_ms);
        assert_eq!(strokes, [0.0, 8.0, 16.0, 24.0, 32.0, 40.0]);
    }

    #[test]
    fn an_up_stroke_starts_on_high_e_and_leaves_the_low_e_out_of_a_full_chord() {
        let strokes = strum_delays(false, &[true; 6], 0.0);
        assert_eq!(strokes[5].unwrap().delay_ms, 0.0);
        assert_eq!(strokes[1].unwrap().delay_ms, 56.0);
        assert_eq!(strokes[0], None);
    }

    #[test]
    fn an_up_stroke_on_the_bass_alone_still_sounds() {
        let only_low_e = [true, false, false, false, false, false];
        let stroke = strum_delays(false, &only_low_e, 1.0)[0].unwrap();
        assert!(stroke.delay_ms == 0.0 && stroke.gain > 0.0);
    }

    #[test]
    fn up_strokes_favour_the_treble_and_down_strokes_the_bass() {
        let down = strum_delays(true, &[true; 6], 1.0);
        let up = strum_delays(false, &[true; 6], 1.0);
        assert!(up[5].unwrap().gain > down[5].unwrap().gain);
        assert!(up[1].unwrap().gain < down[1].unwrap().gain);
    }

    #[test]
    fn the_hand_takes_time_over_a_string_that_is_not_played() {
        let gap = [false, true, false, true, false, false];
        assert_eq!(strum_delays(true, &gap, 1.0)[3].unwrap().delay_ms, 16.0);
    }

    proptest! {
        #[test]
        fn every_stroke_is_in_range_and_only_on_sounding_strings(
            down: bool,
            sounding: [bool; 6],
            velocity in proptest::num::f32::ANY,
        ) {
            let strokes = strum_delays(down, &sounding, velocity);
            prop_assert_eq!(strokes.iter().any(Option::is_some), sounding.contains(&true));
            for (stroke, sounds) in strokes.iter().zip(sounding) {
                if let Some(stroke) = stroke {
                    prop_assert!(sounds);
                    prop_assert!((0.0..=70.0).contains(&stroke.delay_ms));
                    prop_assert!((0.0..=1.0).contains(&stroke.gain));
                }
            }
        }
    }
}
