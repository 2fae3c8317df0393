//! Music theory for six strings: pure functions over plain data, one file per idea.
//!
//! It depends on no sound, no screen and no wire. From a chord's name to a hand on the neck:
//! [`Chord::parse`] reads the name, [`voicing`] finds where the fingers go, [`Voicing::notes`] are
//! the pitches that then sound, [`strum_delays`] are the moments at which the strings sound, and
//! [`pads`] are the chords that a player of one key uses most.

mod chord;
mod chord_error;
mod fingering;
mod keys;
mod pitch;
mod search;
mod strum;
mod tuning;
mod voicing;

pub use chord::{Chord, Quality};
pub use chord_error::ChordError;
pub use keys::{Pad, pads};
pub use pitch::{PitchClass, Spelling};
pub use search::{HIGHEST_FRET, voicing, voicings};
pub use strum::{Stroke, strum_delays};
pub use tuning::{Tuning, midi_to_hz};
pub use voicing::{Barre, Voicing};

/// How many strings the instrument has; string 0 is the low E, string 5 the high e.
pub const STRINGS: usize = 6;
