//! Errors of the store, and what a client gets of them.

use protocol::{ErrorBody, ErrorCode};

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule refuses; the body has the reason.
    #[error(transparent)]
    Refused(#[from] ErrorBody),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<StoreError> for ErrorBody {
    /// The error for the client. The cause of a database failure goes to the log, here and once.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(body) => body,
            StoreError::Database(cause) if unreadable(&cause) => {
                tracing::error!(%cause, "what the database holds cannot be read");
                internal()
            }
            StoreError::Database(cause) => {
                tracing::error!(%cause, "the database failed");
                unavailable()
            }
        }
    }
}

impl StoreError {
    /// Whether the same job may succeed later. What comes after a job waits for it as long as it
    /// may, so an error that stays must not be marked so.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Refused(body) => body.retryable,
            Self::Database(cause) => !unreadable(cause),
        }
    }
}

/// The database answered, and the answer makes no sense here: it would make none later.
fn unreadable(cause: &sqlx::Error) -> bool {
    use sqlx::Error::{ColumnDecode, ColumnIndexOutOfBounds, ColumnNotFound, Decode, Encode};
    matches!(
        cause,
        Encode(_)
            | Decode(_)
            | ColumnDecode { .. }
            | ColumnNotFound(_)
            | ColumnIndexOutOfBounds { .. }
    )
}

/// The error of a job that is our mistake, and would be again.
pub fn internal() -> ErrorBody {
    let text = "The server made a mistake. Its log has the cause for the operator.";
    ErrorBody::new(ErrorCode::Internal, text)
}

/// The retryable error of a database that could not.
pub(crate) fn unavailable() -> ErrorBody {
    ErrorBody::new(ErrorCode::Unavailable, "The database is not available. Try again in a moment.")
        .retry_after(1_000)
}

/// The error of a failed read for the client; see [`StoreError`].
pub fn read_failed(cause: sqlx::Error) -> ErrorBody {
    StoreError::Database(cause).into()
}
