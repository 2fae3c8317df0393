//! The twelve pitch classes and their names.

use super::chord_error::ChordError;

const SHARPS: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];

/// A note without its octave, in semitones above C: always 0 to 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PitchClass(u8);

/// Whether a black key is named after the white key below it or the one above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// C#, D#, F#, G#, A#.
    Sharp,
    /// Db, Eb, Gb, Ab, Bb.
    Flat,
}

impl PitchClass {
    /// C, the class that the others count from.
    pub const C: Self = Self(0);

    /// The class of `semitones` above C; octaves are dropped, so a MIDI note may be given.
    pub const fn new(semitones: u8) -> Self {
        Self(semitones % 12)
    }

    /// The twelve classes from C to B.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..12).map(Self)
    }

    /// Reads `C`, `F#`, `Bb`, `E♭`; the whole text must be one note.
    pub fn parse(text: &str) -> Result<Self, ChordError> {
        match Self::split(text)? {
            (pitch, "") => Ok(pitch),
            _ => Err(ChordError::UnknownRoot),
        }
    }

    /// Reads the note that `text` begins with and returns what follows it.
    pub(super) fn split(text: &str) -> Result<(Self, &str), ChordError> {
        let mut rest = text.chars();
        let natural = match rest.next() {
            Some('C') => 0,
            Some('D') => 2,
            Some('E') => 4,
            Some('F') => 5,
            Some('G') => 7,
            Some('A') => 9,
            Some('B') => 11,
            Some(_) => return Err(ChordError::UnknownRoot),
            None => return Err(ChordError::Empty),
        };
        let after_letter = rest.as_str();
        Ok(match rest.next() {
            Some('#' | '♯') => (Self::new(natural + 1), rest.as_str()),
            Some('b' | '♭') => (Self::new(natural + 11), rest.as_str()),
            _ => (Self(natural), after_letter),
        })
    }

    /// Semitones above C, 0 to 11.
    pub const fn semitones(self) -> u8 {
        self.0
    }

    /// The class `semitones` higher.
    pub const fn up(self, semitones: u8) -> Self {
        Self::new(self.0 + semitones % 12)
    }

    /// The name in one spelling, such as `Eb`.
    pub const fn name(self, spelling: Spelling) -> &'static str {
        match spelling {
            Spelling::Sharp => SHARPS[self.0 as usize],
            Spelling::Flat => FLATS[self.0 as usize],
        }
    }
}

/// Prints with sharps; use [`PitchClass::name`] where the key is known.
impl std::fmt::Display for PitchClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name(Spelling::Sharp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_either_spelling_reads_back_as_the_same_pitch() {
        for pitch in PitchClass::all() {
            for spelling in [Spelling::Sharp, Spelling::Flat] {
                assert_eq!(PitchClass::parse(pitch.name(spelling)), Ok(pitch));
            }
        }
    }

    #[test]
    fn unusual_spellings_wrap_around_the_octave() {
        assert_eq!(PitchClass::parse("Cb"), PitchClass::parse("B"));
        assert_eq!(PitchClass::parse("B#"), PitchClass::parse("C"));
        assert_eq!(PitchClass::parse("E♭"), PitchClass::parse("D♯"));
    }

    #[test]
    fn what_is_not_one_note_is_refused() {
        assert_eq!(PitchClass::parse(""), Err(ChordError::Empty));
        for text in ["H", "c", "C##", "#", "Cm", "é"] {
            assert_eq!(PitchClass::parse(text), Err(ChordError::UnknownRoot), "{text}");
        }
    }
}
