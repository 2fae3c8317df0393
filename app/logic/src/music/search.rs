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
    let mut search = Search::new(chord, tuning);
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

struct Search {
    /// For each string and fret, the chord note it sounds as a bit (its place in the intervals).
    tones: [[u8; HIGHEST_FRET as usize + 1]; STRINGS],
    /// The bits that must sound: all but the fifth.
    needed: u8,
    frets: [Option<u8>; STRINGS],
    found: Vec<(u32, Voicing)>,
}

const ROOT: u8 = 1;
const FIFTH: u8 = 1 << 2;

impl Search {
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

fn cost(_v: &Voicing, _fifth: bool) -> u32 { 0 }
/// features
pub fn features(voicing: &Voicing, has_fifth: bool) -> [u32; 9] {
    let pressed = || voicing.frets.iter().flatten().map(|&f| u32::from(f)).filter(|&f| f > 0);
    let lo = pressed().min().unwrap_or(1);
    let hi = pressed().max().unwrap_or(1);
    let first = voicing.frets.iter().position(Option::is_some).unwrap_or(0);
    let last = voicing.frets.iter().rposition(Option::is_some).unwrap_or(5);
    let inner = voicing.frets[first..=last].iter().filter(|f| f.is_none()).count() as u32;
    let mut reach = 0;
    let start = if voicing.barre().is_some() { 2 } else { 1 };
    let mut prev: Option<usize> = None;
    for finger in start..=4 {
        if let Some(s) = voicing.fingers.iter().position(|f| *f == Some(finger)) {
            if let Some(p) = prev { reach += s.abs_diff(p) as u32; }
            prev = Some(s);
        }
    }
    [voicing.finger_count() as u32, u32::from(voicing.barre().is_some()), hi - lo, lo - 1, reach,
     first as u32, 5 - last as u32, inner, u32::from(!has_fifth)]
}
/// dump
pub fn dump(chord: Chord) -> Vec<([u32; 9], String)> {
    let mut s = Search::new(chord, &Tuning::STANDARD);
    for lowest in 1..=HIGHEST_FRET { s.window(lowest); }
    s.found.iter().map(|(_, v)| {
        let fifth = v.notes(&Tuning::STANDARD).iter().flatten().any(|&n| PitchClass::new(n) == chord.root.up(7));
        (features(v, fifth), v.frets_text()) }).collect()
}
