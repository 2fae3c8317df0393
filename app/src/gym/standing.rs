//! The colour of a member's standing.

use crate::ui::Tone;
use protocol::http::Standing;

/// The tone of the badge that shows a standing.
pub(crate) fn standing_tone(standing: Standing) -> Tone {
    match standing {
        Standing::Active => Tone::Good,
        Standing::EndsSoon | Standing::Frozen => Tone::Warn,
        Standing::Expired | Standing::UsedUp | Standing::Barred => Tone::Bad,
        Standing::None => Tone::Plain,
    }
}
