//! One hand on the neck: where the fingers are, and what then sounds.

use super::STRINGS;
use super::tuning::Tuning;

/// A way to hold a chord. Index 0 of each array is the low E string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voicing {
    /// The fret of each string, 0 when open; `None` means the string is not played.
    pub frets: [Option<u8>; STRINGS],
    /// The finger on each string, 1 (index) to 4 (little); `None` for open and muted strings.
    /// A barre is the same finger on several strings.
    pub fingers: [Option<u8>; STRINGS],
    /// The fret that a diagram's top row shows: 1 while everything fits above the fourth fret.
    pub base_fret: u8,
}

/// One finger lying across neighbouring strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barre {
    /// The fret it lies on.
    pub fret: u8,
    /// The lowest string it presses (0 = low E).
    pub from: usize,
    /// The highest string it presses.
    pub to: usize,
}

impl Voicing {
    /// Every string muted: what is left when a tuning offers no playable shape.
    pub const SILENT: Self =
        Self { frets: [None; STRINGS], fingers: [None; STRINGS], base_fret: 1 };

    /// The shape as guitarists write it: `x32010`; with dashes, `x-10-12-12-12-10`, as soon as
    /// one fret has two digits.
    pub fn frets_text(&self) -> String {
        let wide = self.frets.iter().flatten().any(|&fret| fret > 9);
        let mut text = String::with_capacity(17);
        for (string, fret) in self.frets.iter().enumerate() {
            if wide && string > 0 {
                text.push('-');
            }
            match fret {
                Some(fret) => text.push_str(&fret.to_string()),
                None => text.push('x'),
            }
        }
        text
    }

    /// The MIDI note of each string in `tuning`, `None` where it is not played.
    pub fn notes(&self, tuning: &Tuning) -> [Option<u8>; STRINGS] {
        std::array::from_fn(|string| tuning.note(string, self.frets[string]?))
    }

    /// Which strings are played, for [`super::strum_delays`].
    pub fn sounding(&self) -> [bool; STRINGS] {
        self.frets.map(|fret| fret.is_some())
    }

    /// The barre, if one finger presses several strings.
    pub fn barre(&self) -> Option<Barre> {
        let is_index = |finger: &Option<u8>| *finger == Some(1);
        let from = self.fingers.iter().position(is_index)?;
        let to = self.fingers.iter().rposition(is_index)?;
        (from < to).then_some(Barre { fret: self.frets[from]?, from, to })
    }

    /// How many fingers press a string; a barre counts once.
    pub fn finger_count(&self) -> usize {
        (1..=4).filter(|&finger| self.fingers.contains(&Some(finger))).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frets_of_two_digits_are_written_with_dashes() {
        let low = [None, Some(3), Some(2), Some(0), Some(1), Some(0)];
        assert_eq!(Voicing { frets: low, ..Voicing::SILENT }.frets_text(), "x32010");
        let high = [None, None, Some(10), Some(9), Some(11), Some(0)];
        assert_eq!(Voicing { frets: high, ..Voicing::SILENT }.frets_text(), "x-x-10-9-11-0");
    }

    #[test]
    fn c_major_sounds_c_e_g_c_e() {
        let frets = [None, Some(3), Some(2), Some(0), Some(1), Some(0)];
        assert_eq!(
            Voicing { frets, ..Voicing::SILENT }.notes(&Tuning::STANDARD),
            [None, Some(48), Some(52), Some(55), Some(60), Some(64)]
        );
    }
}
