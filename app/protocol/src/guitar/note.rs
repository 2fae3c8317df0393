//! What hands do on a guitar. A device sends a note, and the server sends the same note to
//! everybody else in the session.

use crate::{Millis, table::read_payload};
use serde::{Deserialize, Serialize};

/// The table of notes. A row is: name on the wire, variant, whether it is `held` (a state that
/// lasts until the next one) or `momentary` (worth something only at once), whether it is sent at
/// once (`urgent`) or may wait for others (`batched`), and whether its payload has a field `at` for
/// the moment of its making (`stamped`).
macro_rules! notes {
    ($(
        $(#[$doc:meta])*
        $name:literal $Variant:ident $payload:tt $lifetime:ident $urgency:ident $moment:ident;
    )*) => {
        /// Every note.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "type", content = "data")]
        pub enum Note {
            $($(#[$doc])* #[serde(rename = $name)] $Variant $payload,)*
        }

        impl Note {
            /// The types on the wire.
            pub const TYPES: &'static [&'static str] = &[$($name),*];

            /// Reads a note, as [`crate::Read`] says.
            pub fn read(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($name => Some(read_payload!(Note::$Variant $payload data)),)*
                    _ => None,
                }
            }

            /// Momentary notes sound at once or never and change nothing that lasts. The others are
            /// held: each replaces the one before, whatever its type.
            pub fn is_momentary(&self) -> bool {
                match self {
                    $(Self::$Variant { .. } => lifetime!($lifetime),)*
                }
            }

            /// Whether it flushes the messages that wait for their batch.
            pub fn is_urgent(&self) -> bool {
                match self {
                    $(Self::$Variant { .. } => crate::table::urgency!($urgency),)*
                }
            }

            /// The moment it was made, on the server's clock, for the notes that carry one.
            pub fn moment_mut(&mut self) -> Option<&mut Option<Millis>> {
                $(moment!(self, $Variant, $moment);)*
                None
            }
        }
    };
}

macro_rules! moment {
    ($note:ident, $Variant:ident, stamped) => {
        if let Self::$Variant(payload) = $note {
            return Some(&mut payload.at);
        }
    };
    ($note:ident, $Variant:ident, unstamped) => {};
}

macro_rules! lifetime {
    (momentary) => {
        true
    };
    (held) => {
        false
    };
}

notes! {
    /// The left hand holds another chord.
    "chord_change" ChordChange(ChordChange) held urgent unstamped;
    /// The left hand holds single frets.
    "fret_update" FretUpdate(FretUpdate) held batched unstamped;
    /// The right hand plays.
    "strum" Strum(Strum) momentary urgent stamped;
    /// All strings are damped.
    "mute" Mute {} momentary urgent unstamped;
}

/// `chord_change`: the left hand holds another chord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChordChange {
    /// The chord's name, for example `C`, `F#m7`.
    pub chord: String,
}

/// `fret_update`: the left hand holds single frets instead of a named chord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FretUpdate {
    /// From the low E to the high e: −1 muted, 0 open, up to 24.
    pub frets: [i8; 6],
}

/// Which way the right hand moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the low E to the high e.
    #[default]
    Down,
    /// From the high e to the low E.
    Up,
}

/// What made a strum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrumSource {
    /// A finger over the strip of the phone.
    Swipe,
    /// A key of the PC.
    Keyboard,
    /// The PC's mouse over the neck.
    Mouse,
    /// Another program.
    #[default]
    Other,
}

/// `strum`: the right hand plays. Never delayed, merged or stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strum {
    /// Which way.
    #[serde(default)]
    pub direction: Direction,
    /// How hard, 0 to 1.
    #[serde(default = "Strum::usual_velocity")]
    pub velocity: f32,
    /// The strings touched, 1 (high e) to 6 (low E); all six when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strings: Option<Vec<u8>>,
    /// What made it.
    #[serde(default)]
    pub source: StrumSource,
    /// When it was made, on the server's clock; a strum older than 150 ms is not sounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

impl Strum {
    fn usual_velocity() -> f32 {
        0.8
    }
}
