//! From the session's state to fingers, notes and words.

use logic::{
    music::{Chord, Quality, STRINGS, Tuning, Voicing, midi_to_hz, strum_delays, voicing},
    session::FIRST_CHORD,
};
use protocol::guitar::{Direction, GuitarState, Strum};
use texts::words;

const NO_BREAK_SPACE: &str = "\u{a0}";

/// What the left hand holds, ready to be drawn and sounded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hand {
    /// The chord; `None` when single frets are held.
    pub(crate) chord: Option<Chord>,
    /// What to write in large letters: `G`, `F#m7`, or a dash for single frets.
    pub(crate) name: String,
    /// Where the fingers are.
    pub(crate) voicing: Voicing,
}

/// One string's part of a strum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pluck {
    /// 0 = low E.
    pub(crate) string: usize,
    pub(crate) hz: f32,
    pub(crate) velocity: f32,
    pub(crate) delay_ms: f32,
}

impl Hand {
    /// What the session holds now; before anybody chose, the first chord.
    pub(crate) fn of(state: &GuitarState) -> Self {
        match (&state.chord, state.frets) {
            (None, Some(frets)) => Self::on_frets(frets),
            (Some(name), _) => Self::on_chord(name),
            (None, None) => Self::on_chord(FIRST_CHORD),
        }
    }

    fn on_chord(name: &str) -> Self {
        let chord = Chord::parse(name).ok();
        let voicing = chord.map_or(Voicing::SILENT, voicing);
        Self { chord, name: name.to_owned(), voicing }
    }

    fn on_frets(frets: [i8; STRINGS]) -> Self {
        let frets = frets.map(|fret| u8::try_from(fret).ok());
        let lowest = frets.iter().flatten().copied().filter(|&fret| fret > 0).min();
        let highest = frets.iter().flatten().copied().max().unwrap_or(0);
        let base_fret = if highest > 4 { lowest.unwrap_or(1) } else { 1 };
        let voicing = Voicing { frets, fingers: [None; STRINGS], base_fret };
        Self { chord: None, name: "—".to_owned(), voicing }
    }

    /// `G major · open · 3 2 0 0 0 3`, with the frets on one line.
    pub(crate) fn words(&self) -> String {
        let kind = match (self.chord, self.voicing.barre()) {
            (Some(chord), _) => chord_words(chord),
            (None, _) => words!(guitar.single_frets).to_owned(),
        };
        let place = match self.voicing.barre() {
            Some(barre) => words!(guitar.barre_at, fret = barre.fret),
            None if self.voicing.frets.contains(&Some(0)) => {
                words!(guitar.open_position).to_owned()
            }
            None => words!(guitar.from_fret, fret = self.voicing.base_fret),
        };
        let fret = |fret: &Option<u8>| fret.map_or("x".to_owned(), |fret| fret.to_string());
        let frets: Vec<String> = self.voicing.frets.iter().map(fret).collect();
        format!("{kind} · {place} · {}", frets.join(NO_BREAK_SPACE))
    }

    /// The same chord, whatever its spelling.
    pub(crate) fn is(&self, chord: Chord) -> bool {
        self.chord == Some(chord)
    }

    /// What a strum over this hand sounds like.
    pub(crate) fn plucks(&self, strum: &Strum) -> Vec<Pluck> {
        let touched = |string: usize| match &strum.strings {
            Some(strings) => strings.contains(&((STRINGS - string) as u8)),
            None => true,
        };
        let held = self.voicing.sounding();
        let sounding = std::array::from_fn(|string| held[string] && touched(string));
        let down = strum.direction == Direction::Down;
        let strokes = strum_delays(down, &sounding, strum.velocity);
        self.pitches()
            .into_iter()
            .filter_map(|(string, hz)| {
                let stroke = strokes[string]?;
                Some(Pluck { string, hz, velocity: stroke.gain, delay_ms: stroke.delay_ms })
            })
            .collect()
    }

    /// The pitch of each string that is held or open.
    pub(crate) fn pitches(&self) -> Vec<(usize, f32)> {
        let notes = self.voicing.notes(&Tuning::STANDARD);
        let pitch = |(string, note): (usize, Option<u8>)| Some((string, midi_to_hz(note?)));
        notes.into_iter().enumerate().filter_map(pitch).collect()
    }
}

/// A chord's name in words: `G major`, `E flat 7`.
pub(crate) fn chord_words(chord: Chord) -> String {
    let name = chord.to_string();
    let (letter, rest) = name.split_at(1);
    let root = match rest.chars().next() {
        Some('#') => words!(guitar.root_sharp, letter = letter),
        Some('b') => words!(guitar.root_flat, letter = letter),
        _ => letter.to_owned(),
    };
    match chord.quality {
        Quality::Major => words!(guitar.chord_major, root = root),
        Quality::Minor => words!(guitar.chord_minor, root = root),
        Quality::Dominant7 => words!(guitar.chord_seven, root = root),
        Quality::Minor7 => words!(guitar.chord_minor_seven, root = root),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::guitar::StrumSource;

    fn holding(chord: &str) -> Hand {
        Hand::of(&GuitarState { chord: Some(chord.to_owned()), ..GuitarState::default() })
    }

    fn plain(hand: &Hand) -> String {
        hand.words().replace(NO_BREAK_SPACE, " ")
    }

    #[test]
    fn a_hand_is_told_in_words() {
        assert_eq!(plain(&holding("G")), "G major · open · 3 2 0 0 0 3");
        assert_eq!(plain(&holding("F")), "F major · barre at 1 · 1 3 3 2 1 1");
    }

    #[test]
    fn a_chord_is_told_in_words() {
        for (name, words) in [
            ("G", "G major"),
            ("Am7", "A minor 7"),
            ("F#m", "F sharp minor"),
            ("A#", "B flat major"),
            ("E7", "E 7"),
        ] {
            assert_eq!(Chord::parse(name).map(chord_words).as_deref(), Ok(words));
        }
    }

    #[test]
    fn before_anybody_chose_the_first_chord_is_held() {
        assert_eq!(Hand::of(&GuitarState::default()), holding("G"));
    }

    #[test]
    fn single_frets_sound_without_a_name() {
        let frets = Some([-1, 0, 2, 2, 1, 0]);
        let hand = Hand::of(&GuitarState { frets, ..GuitarState::default() });
        assert_eq!(plain(&hand), "single frets · open · x 0 2 2 1 0");
        assert_eq!(hand.pitches().len(), 5);
    }

    #[test]
    fn a_strum_sounds_only_the_strings_that_it_touches_and_the_hand_leaves_open() {
        let strum = Strum {
            direction: Direction::Down,
            velocity: 0.8,
            strings: Some(vec![6, 5, 4]),
            source: StrumSource::Swipe,
            at: None,
        };
        let strings: Vec<usize> =
            holding("C").plucks(&strum).iter().map(|pluck| pluck.string).collect();
        assert_eq!(strings, [1, 2], "C leaves the low E out");
    }
}
