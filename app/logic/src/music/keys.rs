//! The chords that belong together in a major key: what the phone's pads show.

use super::chord::{Chord, Quality};
use super::pitch::{PitchClass, Spelling};

/// One pad: a chord, its place in the key, and how the key spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// What sounds when the pad is held.
    pub chord: Chord,
    /// The degree as a roman numeral, lower case for minor: `I`, `vi`, `V7`.
    pub numeral: &'static str,
    spelling: Spelling,
}

impl Pad {
    /// The chord's name in the spelling of the key: `D#m` in B, `Bb` in F.
    pub fn name(&self) -> String {
        self.chord.name(self.spelling)
    }
}

/// Semitones above the key, quality and numeral of each pad, most used first.
const DEGREES: [(u8, Quality, &str); 8] = [
    (0, Quality::Major, "I"),
    (5, Quality::Major, "IV"),
    (7, Quality::Major, "V"),
    (9, Quality::Minor, "vi"),
    (2, Quality::Minor, "ii"),
    (4, Quality::Minor, "iii"),
    (7, Quality::Dominant7, "V7"),
    (2, Quality::Minor7, "ii7"),
];

/// The eight pads of the major key on `key`.
pub fn pads(key: PitchClass) -> [Pad; 8] {
    let spelling = match key.semitones() {
        // Db, Eb, F, Ab and Bb are written with flats, the other seven with sharps or nothing.
        1 | 3 | 5 | 8 | 10 => Spelling::Flat,
        _ => Spelling::Sharp,
    };
    DEGREES.map(|(above, quality, numeral)| Pad {
        chord: Chord::new(key.up(above), quality),
        numeral,
        spelling,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(key: &str) -> String {
        let key = PitchClass::parse(key).unwrap_or(PitchClass::C);
        pads(key).map(|pad| pad.name()).join(" ")
    }

    #[test]
    fn each_key_is_spelled_as_its_own_sheet_music() {
        assert_eq!(names("G"), "G C D Em Am Bm D7 Am7");
        assert_eq!(names("C"), "C F G Am Dm Em G7 Dm7");
        assert_eq!(names("F"), "F Bb C Dm Gm Am C7 Gm7");
        assert_eq!(names("B"), "B E F# G#m C#m D#m F#7 C#m7");
        assert_eq!(names("Db"), "Db Gb Ab Bbm Ebm Fm Ab7 Ebm7");
    }

    #[test]
    fn every_pad_uses_only_notes_of_its_major_scale() {
        for key in PitchClass::all() {
            let scale = [0, 2, 4, 5, 7, 9, 11].map(|step| key.up(step));
            for pad in pads(key) {
                assert!(pad.chord.pitch_classes().all(|pitch| scale.contains(&pitch)));
            }
        }
    }
}
