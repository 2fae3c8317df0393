//! What a phone asks when it joins, and what a refusal means to its player.

use protocol::{ErrorBody, ErrorCode, http::JoinRequest};
use uuid::Uuid;

/// The request of a scanned or pasted link.
pub(super) fn by_link(session: Uuid, secret: String) -> JoinRequest {
    JoinRequest {
        session_id: Some(session),
        secret: Some(secret),
        device: Some(DEVICE.to_owned()),
        ..JoinRequest::default()
    }
}

/// What a controller calls itself.
pub(super) const DEVICE: &str = "phone";

/// What a refusal means to the person at the phone.
pub(super) fn refusal(error: &ErrorBody) -> String {
    match error.code {
        ErrorCode::WrongCode => {
            "No session waits under this code. Compare it with the PC and try again.".to_owned()
        }
        ErrorCode::CodeExpired => {
            "This code has expired. Ask for a new one: the PC shows it now.".to_owned()
        }
        ErrorCode::InvalidSession => {
            "This session has ended, or its link was replaced. Scan the code that the PC shows now."
                .to_owned()
        }
        _ => error.message.clone(),
    }
}
