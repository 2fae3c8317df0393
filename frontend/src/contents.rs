//! What this client contains: the features of this crate as constants.

/// Without a feature, this client has all pages.
pub(crate) const WHOLE: bool = !(cfg!(feature = "phone")
    || cfg!(feature = "stage")
    || cfg!(feature = "practice")
    || cfg!(feature = "gym"));

/// Whether a page of this client plays a guitar. The other clients do without the code of the sound.
pub(crate) const HAS_GUITAR_SOUND: bool = WHOLE || cfg!(feature = "stage");

/// Whether a page of this client is the gym's desk, which has signals of its own.
pub(crate) const HAS_DESK_SOUND: bool = WHOLE || cfg!(feature = "gym");
