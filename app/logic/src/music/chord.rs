//! A chord: a root and one of four qualities.

use super::chord_error::ChordError;
use super::pitch::{PitchClass, Spelling};
use serde::{Deserialize, Serialize};

/// What is stacked on the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Root, major third, fifth: written `G`.
    Major,
    /// Root, minor third, fifth: written `Gm`.
    Minor,
    /// Major with a minor seventh: written `G7`.
    Dominant7,
    /// Minor with a minor seventh: written `Gm7`.
    Minor7,
}

impl Quality {
    /// All four, in the order of a chord chart.
    pub const ALL: [Self; 4] = [Self::Major, Self::Minor, Self::Dominant7, Self::Minor7];

    /// What follows the root in a chord's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Major => "",
            Self::Minor => "m",
            Self::Dominant7 => "7",
            Self::Minor7 => "m7",
        }
    }

    /// Semitones above the root: root, third, fifth and, where there is one, seventh.
    pub const fn intervals(self) -> &'static [u8] {
        match self {
            Self::Major => &[0, 4, 7],
            Self::Minor => &[0, 3, 7],
            Self::Dominant7 => &[0, 4, 7, 10],
            Self::Minor7 => &[0, 3, 7, 10],
        }
    }

    const fn is_minor(self) -> bool {
        matches!(self, Self::Minor | Self::Minor7)
    }
}

/// A chord such as `C`, `F#m`, `Bb7`. On the wire and in storage it is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Chord {
    /// The note that the chord is named after and that its bass plays.
    pub root: PitchClass,
    /// What is stacked on the root.
    pub quality: Quality,
}

impl Chord {
    /// The chord on `root`.
    pub const fn new(root: PitchClass, quality: Quality) -> Self {
        Self { root, quality }
    }

    /// Reads `C`, `C#m`, `Db7`, `Am7`. Upper-case letters only: `m` must stay minor.
    pub fn parse(text: &str) -> Result<Self, ChordError> {
        let (root, suffix) = PitchClass::split(text)?;
        let quality = Quality::ALL
            .into_iter()
            .find(|quality| quality.suffix() == suffix)
            .ok_or(ChordError::UnknownQuality)?;
        Ok(Self { root, quality })
    }

    /// All 48 chords, root by root from C.
    pub fn all() -> impl Iterator<Item = Self> {
        PitchClass::all().flat_map(|root| Quality::ALL.map(|quality| Self { root, quality }))
    }

    /// Semitones above the root, the root's own 0 first.
    pub const fn intervals(self) -> &'static [u8] {
        self.quality.intervals()
    }

    /// The notes of the chord, root first.
    pub fn pitch_classes(self) -> impl Iterator<Item = PitchClass> {
        self.intervals().iter().map(move |&interval| self.root.up(interval))
    }

    /// Whether `pitch` is one of the chord's notes.
    pub fn contains(self, pitch: PitchClass) -> bool {
        self.pitch_classes().any(|own| own == pitch)
    }

    /// The name with its root in the given spelling, such as `D#m`.
    pub fn name(self, spelling: Spelling) -> String {
        format!("{}{}", self.root.name(spelling), self.quality.suffix())
    }

    /// How chord charts write the root when no key is given: Ab, but G#m; Db, but C#m.
    const fn usual_spelling(self) -> Spelling {
        match self.root.semitones() {
            3 | 10 => Spelling::Flat,
            1 | 8 if !self.quality.is_minor() => Spelling::Flat,
            _ => Spelling::Sharp,
        }
    }
}

/// Prints the name as chord charts do without a key: `Bb7`, `F#m`, `Ab`, `G#m`.
impl std::fmt::Display for Chord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.root.name(self.usual_spelling()))?;
        f.write_str(self.quality.suffix())
    }
}

impl std::str::FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Chord {
    type Error = ChordError;

    fn try_from(text: String) -> Result<Self, ChordError> {
        Self::parse(&text)
    }
}

impl From<Chord> for String {
    fn from(chord: Chord) -> Self {
        chord.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error as ValueError, StrDeserializer};

    #[test]
    fn there_are_48_chords_and_each_name_reads_back() {
        let chords: Vec<Chord> = Chord::all().collect();
        assert_eq!(chords.len(), 48);
        for chord in chords {
            assert_eq!(Chord::parse(&chord.to_string()), Ok(chord));
            for spelling in [Spelling::Sharp, Spelling::Flat] {
                assert_eq!(Chord::parse(&chord.name(spelling)), Ok(chord));
            }
        }
    }

    #[test]
    fn names_are_the_ones_on_chord_charts() {
        for name in ["C", "Db", "C#m", "Eb", "F#m7", "Ab7", "G#m", "Bb", "Bbm7", "B7"] {
            assert_eq!(Chord::parse(name).unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_is_not_a_chord_says_why() {
        assert_eq!(Chord::parse(""), Err(ChordError::Empty));
        assert_eq!(Chord::parse("H7"), Err(ChordError::UnknownRoot));
        assert_eq!(Chord::parse("c"), Err(ChordError::UnknownRoot));
        for name in ["Cadd9", "CM", "C ", "Cmaj7", "C#b", "Cm77"] {
            assert_eq!(Chord::parse(name), Err(ChordError::UnknownQuality), "{name}");
        }
    }

    #[test]
    fn a_stored_name_is_checked_when_it_is_read() {
        let read = |text: &str| {
            let text: StrDeserializer<'_, ValueError> = text.into_deserializer();
            Chord::deserialize(text)
        };
        assert_eq!(read("F#m7"), Ok(Chord::parse("F#m7").unwrap()));
        assert!(read("Cadd9").is_err());
    }

    #[test]
    fn a_minor_7_is_a_c_e_g() {
        let notes: Vec<String> =
            Chord::parse("Am7").unwrap().pitch_classes().map(|pitch| pitch.to_string()).collect();
        assert_eq!(notes, ["A", "C", "E", "G"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,8}") {
            if let Ok(chord) = Chord::parse(&text) {
                prop_assert_eq!(Chord::parse(&chord.to_string()), Ok(chord));
            }
        }
    }
}
