//! Finds the shapes of a chord on the neck by search, and ranks them by how they are to play.

use super::STRINGS;
use super::chord::Chord;
use super::fingering::fingers;
use super::pitch::PitchClass;
use super::tuning::Tuning;
use super::voicing::Voicing;

/// The highest fret that the search uses.
pub const HIGHEST_FRET: u8 = 12;

/// Four neighbouring frets are what one hand spans.
const SPAN: u8 = 4;
/// A shape with fewer sounding strings is a fragment rather than a chord.
const FEWEST_SOUNDING: usize = 4;

/// The best way to hold `chord` in standard tuning.
pub fn voicing(chord: Chord) -> Voicing {
    voicings(chord, &Tuning::STANDARD, 1).first().copied().unwrap_or(Voicing::SILENT)
}

/// Up to `max` ways to hold `chord`, easiest first.
///
/// Each has the root in the bass, holds root, third and seventh, sounds no other note than the
/// chord's, sounds at least four strings, and is held by four fingers within four frets. A shape
/// that is merely a better one with strings left out is not listed. In standard tuning every
/// chord has several; an odd tuning may have none.
pub fn voicings(chord: Chord, tuning: &Tuning, max: usize) -> Vec<Voicing> {
    let mut search = VoicingSearch::new(chord, tuning);
    for lowest in 1..=HIGHEST_FRET {
        search.window(lowest);
    }
    search.found.sort_unstable_by_key(|&(cost, voicing)| (cost, voicing.frets));
    let mut best: Vec<Voicing> = Vec::new();
    for (_, voicing) in search.found {
        if best.len() >= max {
            break;
        }
        if !best.iter().any(|better| is_part_of(&voicing, better)) {
            best.push(voicing);
        }
    }
    best
}

fn is_part_of(part: &Voicing, whole: &Voicing) -> bool {
    part.frets.iter().zip(&whole.frets).all(|(part, whole)| part.is_none() || part == whole)
}

struct VoicingSearch {
    /// For each string and fret, the chord note it sounds as a bit (its place in the intervals).
    tones: [[u8; HIGHEST_FRET as usize + 1]; STRINGS],
    /// The bits that must sound: all but the fifth.
    needed: u8,
    frets: [Option<u8>; STRINGS],
    found: Vec<(u32, Voicing)>,
}

const ROOT: u8 = 1;
const FIFTH: u8 = 1 << 2;

impl VoicingSearch {
    fn new(chord: Chord, tuning: &Tuning) -> Self {
        let mut tones = [[0; HIGHEST_FRET as usize + 1]; STRINGS];
        for (string, row) in tones.iter_mut().enumerate() {
            for (fret, tone) in (0..).zip(row) {
                let pitch = tuning.note(string, fret).map(PitchClass::new);
                let place = chord.pitch_classes().position(|own| Some(own) == pitch);
                *tone = place.map_or(0, |place| 1 << place);
            }
        }
        let all = (1u8 << chord.intervals().len()) - 1;
        Self { tones, needed: all & !FIFTH, frets: [None; STRINGS], found: Vec::new() }
    }

    /// All shapes whose lowest pressed fret is `lowest`; those without any count to the first.
    fn window(&mut self, lowest: u8) {
        self.string(0, lowest, 0, 0);
    }

    /// Tries everything on `string`, given the chord notes sounding below it and the strings
    /// muted so far.
    fn string(&mut self, string: usize, lowest: u8, sounding: u8, muted: usize) {
        if string == STRINGS {
            self.finish(lowest, sounding);
            return;
        }
        if muted < STRINGS - FEWEST_SOUNDING {
            self.frets[string] = None;
            self.string(string + 1, lowest, sounding, muted + 1);
        }
        let highest = HIGHEST_FRET.min(lowest + SPAN - 1);
        for fret in std::iter::once(0).chain(lowest..=highest) {
            let tone = self.tones[string][usize::from(fret)];
            let in_bass = sounding == 0;
            if tone == 0 || (in_bass && tone != ROOT) {
                continue;
            }
            self.frets[string] = Some(fret);
            self.string(string + 1, lowest, sounding | tone, muted);
        }
    }

    fn finish(&mut self, lowest: u8, sounding: u8) {
        let pressed = || self.frets.iter().flatten().copied().filter(|&fret| fret > 0);
        if sounding & self.needed != self.needed || pressed().min().unwrap_or(1) != lowest {
            return;
        }
        let Some(fingers) = fingers(&self.frets) else { return };
        let highest = pressed().max().unwrap_or(0);
        let base_fret = if highest <= SPAN { 1 } else { lowest };
        let voicing = Voicing { frets: self.frets, fingers, base_fret };
        self.found.push((cost(&voicing, sounding & FIFTH != 0), voicing));
    }
}

/// What makes a shape hard, in points. The weights are few and round; they were chosen so that
/// the open chords of a beginner's book come first (a test lists them), and no chord is special.
mod points {
    /// For each finger: more fingers, more to think about.
    pub(super) const FINGER: u32 = 4;
    /// A barre needs strength.
    pub(super) const BARRE: u32 = 10;
    /// For each fret between the lowest and the highest pressed one.
    pub(super) const STRETCH: u32 = 10;
    /// For each fret away from the nut, where the open strings and the eye are.
    pub(super) const POSITION: u32 = 10;
    /// For each string between one finger and the next: a hand that reaches across twists.
    pub(super) const REACH: u32 = 7;
    /// For each muted string below the bass note: the stroke must start above it.
    pub(super) const MUTED_BASS: u32 = 30;
    /// For each muted string above the highest note: the stroke must stop before it.
    pub(super) const MUTED_TREBLE: u32 = 40;
    /// For each muted string between sounding ones: a finger must touch it.
    pub(super) const MUTED_BETWEEN: u32 = 50;
    /// A chord is whole without its fifth, but fuller with it.
    pub(super) const NO_FIFTH: u32 = 4;
}

/// How hard a shape is to hold and to strum; the ranking is by this sum alone.
fn cost(voicing: &Voicing, has_fifth: bool) -> u32 {
    let pressed = || voicing.frets.iter().flatten().copied().filter(|&fret| fret > 0);
    let (lowest, highest) = (pressed().min().unwrap_or(1), pressed().max().unwrap_or(1));
    let barre = voicing.barre().is_some();

    // The index of a barre lies everywhere, so that only the other fingers reach.
    let mut reach = 0;
    let mut previous: Option<usize> = None;
    for finger in if barre { 2..=4 } else { 1..=4 } {
        let at = voicing.fingers.iter().position(|&own| own == Some(finger));
        if let (Some(from), Some(to)) = (previous, at) {
            reach += to.abs_diff(from);
        }
        previous = at.or(previous);
    }

    let muted = voicing.frets.iter().filter(|fret| fret.is_none()).count();
    let bass = voicing.frets.iter().take_while(|fret| fret.is_none()).count();
    let treble = voicing.frets.iter().rev().take_while(|fret| fret.is_none()).count();
    let between = muted.saturating_sub(bass + treble);

    let times = |count: usize, points: u32| u32::try_from(count).unwrap_or(0) * points;
    times(voicing.finger_count(), points::FINGER)
        + times(usize::from(barre), points::BARRE)
        + times(usize::from(highest - lowest), points::STRETCH)
        + times(usize::from(lowest - 1), points::POSITION)
        + times(reach, points::REACH)
        + times(bass, points::MUTED_BASS)
        + times(treble, points::MUTED_TREBLE)
        + times(between, points::MUTED_BETWEEN)
        + times(usize::from(!has_fifth), points::NO_FIFTH)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MANY: usize = 1000;
    const TUNINGS: [Tuning; 5] =
        [Tuning::STANDARD, Tuning::DROP_D, Tuning::HALF_STEP_DOWN, Tuning::DADGAD, Tuning::OPEN_G];

    fn check_shape(name: &str, shape: &str) {
        assert_eq!(voicing(Chord::parse(name).unwrap()).frets_text(), shape, "{name}");
    }

    #[test]
    fn the_open_chords_of_a_beginners_book_come_first() {
        for (name, shape) in [
            ("C", "x32010"),
            ("G", "320003"),
            ("D", "xx0232"),
            ("A", "x02220"),
            ("E", "022100"),
            ("Am", "x02210"),
            ("Em", "022000"),
            ("Dm", "xx0231"),
            ("C7", "x32310"),
            ("G7", "320001"),
            ("D7", "xx0212"),
            ("A7", "x02020"),
            ("E7", "020100"),
            ("B7", "x21202"),
            ("Am7", "x02010"),
            ("Em7", "020000"),
            ("Dm7", "xx0211"),
        ] {
            check_shape(name, shape);
        }
    }

    #[test]
    fn the_usual_barre_chords_come_first_where_no_open_shape_is_easier() {
        for (name, shape) in [
            ("F", "133211"),
            ("Fm", "133111"),
            ("F#", "244322"),
            ("F#m", "244222"),
            ("Gm", "355333"),
            ("Ab", "466544"),
            ("Bb", "x13331"),
            ("B", "x24442"),
            ("Bm", "x24432"),
            ("Cm", "x35543"),
        ] {
            check_shape(name, shape);
        }
    }

    /// Everything that the documentation of [`voicings`] promises of one shape.
    fn check_playable(chord: Chord, tuning: &Tuning, voicing: &Voicing) {
        let text = format!("{chord} {}", voicing.frets_text());
        let notes = voicing.notes(tuning);
        let pitches: Vec<PitchClass> = notes.into_iter().flatten().map(PitchClass::new).collect();
        assert!(pitches.len() >= 4, "{text} sounds at least four strings");
        assert!(pitches.iter().all(|&pitch| chord.contains(pitch)), "{text} adds no note");
        assert_eq!(pitches[0], chord.root, "{text} has its root in the bass");
        for interval in chord.intervals().iter().filter(|&&interval| interval != 7) {
            assert!(pitches.contains(&chord.root.up(*interval)), "{text} holds +{interval}");
        }

        let pressed: Vec<u8> =
            voicing.frets.into_iter().flatten().filter(|&fret| fret > 0).collect();
        let lowest = pressed.iter().copied().min().unwrap_or(1);
        let highest = pressed.iter().copied().max().unwrap_or(1);
        assert!(highest - lowest < SPAN && highest <= HIGHEST_FRET, "{text} fits a hand");
        assert!(voicing.base_fret <= lowest.max(1), "{text} begins in its diagram");
        assert!(highest < voicing.base_fret + SPAN, "{text} ends in its diagram");
        assert!(voicing.finger_count() <= 4, "{text} needs four fingers");

        for string in 0..STRINGS {
            let is_pressed = voicing.frets[string].is_some_and(|fret| fret > 0);
            assert_eq!(voicing.fingers[string].is_some(), is_pressed, "{text} string {string}");
        }
        check_fingers(voicing, &text);
    }

    /// Fingers keep their order along the neck, and only the index lies across strings.
    fn check_fingers(voicing: &Voicing, text: &str) {
        let held = |finger: u8| {
            let strings = voicing.fingers.iter().zip(&voicing.frets);
            strings.filter(move |(own, _)| **own == Some(finger)).map(|(_, fret)| fret.unwrap())
        };
        let mut previous = 0;
        for finger in 1..=4 {
            let Some(fret) = held(finger).next() else { continue };
            assert!(held(finger).all(|other| other == fret), "{text}: one finger, one fret");
            assert!(finger == 1 || held(finger).count() == 1, "{text}: only the index lies flat");
            assert!(fret >= previous, "{text}: fingers do not cross");
            previous = fret;
        }
        let Some(barre) = voicing.barre() else { return };
        for string in barre.from..STRINGS {
            match voicing.frets[string] {
                Some(fret) => assert!(fret >= barre.fret, "{text}: nothing opens under a barre"),
                None => assert!(string > barre.to, "{text}: nothing is muted under a barre"),
            }
        }
        assert_eq!(held(1).next(), voicing.frets.into_iter().flatten().filter(|&f| f > 0).min());
    }

    #[test]
    fn every_shape_of_every_chord_holds_the_chord_and_is_playable() {
        for chord in Chord::all() {
            for tuning in TUNINGS {
                for voicing in voicings(chord, &tuning, MANY) {
                    check_playable(chord, &tuning, &voicing);
                }
            }
        }
    }

    #[test]
    fn every_chord_has_at_least_five_shapes_in_standard_tuning() {
        for chord in Chord::all() {
            assert!(voicings(chord, &Tuning::STANDARD, MANY).len() >= 5, "{chord}");
            assert_ne!(voicing(chord), Voicing::SILENT, "{chord}");
        }
    }

    #[test]
    fn the_best_shape_mutes_no_string_between_sounding_ones() {
        for chord in Chord::all() {
            let sounding = voicing(chord).sounding();
            let first = sounding.iter().position(|&sounds| sounds).unwrap();
            let last = sounding.iter().rposition(|&sounds| sounds).unwrap();
            assert!(sounding[first..=last].iter().all(|&sounds| sounds), "{chord}");
        }
    }

    #[test]
    fn a_shape_with_strings_left_out_of_a_better_one_is_not_listed() {
        let shapes = voicings(Chord::parse("C").unwrap(), &Tuning::STANDARD, MANY);
        assert!(shapes.iter().all(|shape| shape.frets_text() != "x3201x"));
        assert_eq!(shapes.iter().filter(|shape| shape.frets_text() == "x32010").count(), 1);
    }

    #[test]
    fn no_more_shapes_than_asked_for_and_the_best_ones() {
        let chord = Chord::parse("E").unwrap();
        let three = voicings(chord, &Tuning::STANDARD, 3);
        assert_eq!(three.len(), 3);
        assert_eq!(three[..], voicings(chord, &Tuning::STANDARD, MANY)[..3]);
        assert!(voicings(chord, &Tuning::STANDARD, 0).is_empty());
    }

    #[test]
    fn a_capo_keeps_the_shape_and_moves_the_sound() {
        let g = voicing(Chord::parse("G").unwrap());
        let a = voicings(Chord::parse("A").unwrap(), &Tuning::STANDARD.with_capo(2), 1);
        assert_eq!(a[0], g);
    }

    proptest! {
        #[test]
        fn any_tuning_at_all_gives_playable_shapes_or_none(
            open: [u8; STRINGS],
            place in 0usize..48,
        ) {
            let chord = Chord::all().nth(place).unwrap();
            if let Some(tuning) = Tuning::new(open) {
                for voicing in voicings(chord, &tuning, 20) {
                    check_playable(chord, &tuning, &voicing);
                }
            }
        }
    }
}
