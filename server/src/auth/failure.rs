//! Failures of sign-in that are ours.

use protocol::{ErrorBody, ErrorCode};

/// A failure of ours that no client can do anything about: the log gets the cause.
pub(super) fn internal(cause: &dyn std::fmt::Display) -> ErrorBody {
    tracing::error!(%cause, "sign-in failed on our side");
    ErrorBody::new(ErrorCode::Unavailable, "The server could not do this. Try again in a moment.")
}
