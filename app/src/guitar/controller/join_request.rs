//! What a phone asks when it joins, and why the form for a code is shown.

use crate::ui::{close_words, error_words};
use protocol::{CloseCode, ErrorBody, ErrorCode, SessionId, http::JoinRequest};
use texts::{count_words, words};

/// The request of a scanned or pasted link.
pub(super) fn by_link(session: SessionId, secret: String) -> JoinRequest {
    JoinRequest {
        session_id: Some(session),
        secret: Some(secret),
        device: Some(DEVICE.to_owned()),
        ..JoinRequest::default()
    }
}

/// What a controller calls itself.
pub(in crate::guitar) const DEVICE: &str = "phone";

/// Why the form is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::guitar) enum FormReason {
    /// The link names no session.
    DamagedLink,
    /// The address has no secret.
    NoSecret,
    /// The person left the session.
    Left,
    /// The server did not let this phone in, or no longer.
    Refused(ErrorBody),
    /// The connection was closed for good.
    Closed(CloseCode),
}

impl FormReason {
    /// The reason in the page's language.
    pub(super) fn words(&self) -> String {
        let sentence = match self {
            Self::DamagedLink => words!(guitar.damaged_link),
            Self::NoSecret => words!(guitar.no_secret),
            Self::Left => words!(guitar.left_session),
            Self::Refused(error) if error.code == ErrorCode::InvalidSession => {
                words!(errors.session_replaced)
            }
            Self::Refused(ErrorBody {
                code: ErrorCode::RateLimited,
                retry_after_ms: Some(wait_ms),
                ..
            }) => return count_words!(guitar.too_many_codes, wait_ms.div_ceil(1_000)),
            Self::Refused(error) => return error_words(error),
            Self::Closed(code) => close_words(*code),
        };
        sentence.to_owned()
    }
}
