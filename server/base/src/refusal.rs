//! Refusals that the store and the realtime part share.

use protocol::{ErrorBody, ErrorCode};

/// The id of a message or command was used before with other content.
pub fn id_conflict() -> ErrorBody {
    let text = "This id was used before for something else. Send it again with a new id.";
    ErrorBody::new(ErrorCode::IdConflict, text)
}
