//! Why a text is no chord, or no note.

/// Why a text is not a chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChordError {
    /// There was no text.
    Empty,
    /// The text does not begin with a note from A to G.
    UnknownRoot,
    /// The note is followed by something other than nothing, `m`, `7` or `m7`.
    UnknownQuality,
}

impl std::fmt::Display for ChordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "a chord needs a name",
            Self::UnknownRoot => "a chord begins with a note from A to G, with # or b if needed",
            Self::UnknownQuality => "after its root a chord has nothing, m, 7 or m7",
        })
    }
}

impl std::error::Error for ChordError {}
