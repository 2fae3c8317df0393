//! The key that the stage is in and its eight chords.

use logic::music::{Pad, PitchClass};

/// The eight chords of the key, comparable so that a memo can hold them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chords(pub(super) [Pad; 8]);

/// The key that a beginner's guitar starts in.
pub(in crate::guitar) fn home_key() -> PitchClass {
    PitchClass::C.up(7)
}
