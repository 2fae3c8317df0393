//! What the open strings sound, and how notes become frequencies.

use super::STRINGS;

/// The notes of the six open strings as MIDI numbers, low E first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuning([u8; STRINGS]);

impl Tuning {
    /// E2 A2 D3 G3 B3 E4.
    pub const STANDARD: Self = Self([40, 45, 50, 55, 59, 64]);
    /// Standard with the lowest string a tone down: D2 A2 D3 G3 B3 E4.
    pub const DROP_D: Self = Self([38, 45, 50, 55, 59, 64]);
    /// Everything a semitone down: Eb2 Ab2 Db3 Gb3 Bb3 Eb4.
    pub const HALF_STEP_DOWN: Self = Self([39, 44, 49, 54, 58, 63]);
    /// D2 A2 D3 G3 A3 D4.
    pub const DADGAD: Self = Self([38, 45, 50, 55, 57, 62]);
    /// Open strings sound G major: D2 G2 D3 G3 B3 D4.
    pub const OPEN_G: Self = Self([38, 43, 50, 55, 59, 62]);

    /// The highest open string that still leaves 24 frets within MIDI's 127.
    const HIGHEST_OPEN: u8 = 103;

    /// A tuning of six MIDI notes, low E first; `None` if one is above 103 (G7).
    pub const fn new(open: [u8; STRINGS]) -> Option<Self> {
        let mut string = 0;
        while string < STRINGS {
            if open[string] > Self::HIGHEST_OPEN {
                return None;
            }
            string += 1;
        }
        Some(Self(open))
    }

    /// The same strings with a capo on `fret`: "open" then means "at the capo".
    pub fn with_capo(self, fret: u8) -> Self {
        Self(self.0.map(|note| note.saturating_add(fret).min(Self::HIGHEST_OPEN)))
    }

    /// The open strings as MIDI notes, low E first.
    pub const fn open(&self) -> [u8; STRINGS] {
        self.0
    }

    /// The MIDI note of `string` (0 = low E) held at `fret`; `None` past the sixth string or
    /// past MIDI's 127.
    pub fn note(&self, string: usize, fret: u8) -> Option<u8> {
        let note = self.0.get(string)?.checked_add(fret)?;
        (note <= 127).then_some(note)
    }
}

impl Default for Tuning {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// The frequency of a MIDI note in equal temperament with A4 = MIDI 69 = 440 Hz.
pub fn midi_to_hz(note: u8) -> f32 {
    440.0 * ((f32::from(note) - 69.0) / 12.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_strings_have_their_textbook_frequencies() {
        let expected = [82.407, 110.0, 146.832, 195.998, 246.942, 329.628];
        for (note, hz) in Tuning::STANDARD.open().into_iter().zip(expected) {
            assert!((midi_to_hz(note) - hz).abs() < 0.01, "{note}");
        }
    }

    #[test]
    fn a_capo_on_the_second_fret_raises_every_string_a_tone() {
        assert_eq!(Tuning::STANDARD.with_capo(2).open(), [42, 47, 52, 57, 61, 66]);
        assert_eq!(Tuning::STANDARD.with_capo(255).open(), [103; 6]);
    }

    #[test]
    fn a_note_outside_the_instrument_is_none() {
        assert_eq!(Tuning::STANDARD.note(5, 12), Some(76));
        assert_eq!(Tuning::STANDARD.note(6, 0), None);
        assert_eq!(Tuning::STANDARD.note(5, 64), None);
        assert_eq!(Tuning::STANDARD.note(5, 255), None);
        assert_eq!(Tuning::new([104; 6]), None);
    }
}
