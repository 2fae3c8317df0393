//! Typed errors: a stable code for programs, a sentence for people.

use serde::{Deserialize, Serialize};

/// What went wrong, stable across releases. The same codes answer the API and the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not JSON.
    InvalidJson,
    /// The frame is JSON, its type is known, and its data does not fit the type.
    InvalidMessage,
    /// No message has this type.
    UnknownType,
    /// A field of a form or request is missing or wrong; the message names it.
    InvalidInput,
    /// No chord has this name.
    UnknownChord,
    /// The message needs a topic that this connection does not follow.
    NotSubscribed,
    /// The guitar session does not exist or has ended.
    InvalidSession,
    /// No session waits under this code.
    WrongCode,
    /// The code was right once; the PC shows a new one.
    CodeExpired,
    /// There is no practice to pause or end.
    NoPractice,
    /// No member has this number, code or id.
    MemberNotFound,
    /// The visit or record does not exist.
    NotFound,
    /// The member is not in.
    NotCheckedIn,
    /// The time for undo is over (`[desk] undo_seconds`).
    UndoExpired,
    /// Another request made this record in the meantime.
    Conflict,
    /// The same id was used before with other content.
    IdConflict,
    /// The command was made too long ago to be recorded.
    TooOld,
    /// The command's `at` lies in the future.
    FromTheFuture,
    /// The request needs a sign-in and has none.
    NotSignedIn,
    /// E-mail or password are wrong.
    SignInRefused,
    /// The role does not allow this.
    NotAllowed,
    /// The request comes from another site.
    ForeignOrigin,
    /// Signing in over plain http works only on the machine itself.
    InsecureSignIn,
    /// Too many requests; `retry_after_ms` says how long to wait.
    RateLimited,
    /// The message is larger than the limit.
    TooLarge,
    /// More topics than one connection may follow.
    TooManyTopics,
    /// The server does not support the client's version: reload.
    UnsupportedVersion,
    /// The server could not do it now; the same command may be sent again.
    Unavailable,
    /// The broker between the nodes cannot be reached; the same message may be sent again.
    BrokerUnavailable,
    /// A defect of the server, which the same message would meet again. A code of a newer server
    /// that is unknown here is read as this one, too; its `retryable` field then decides.
    #[serde(other)]
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 30] = [
        Self::InvalidJson,
        Self::InvalidMessage,
        Self::UnknownType,
        Self::InvalidInput,
        Self::UnknownChord,
        Self::NotSubscribed,
        Self::InvalidSession,
        Self::WrongCode,
        Self::CodeExpired,
        Self::NoPractice,
        Self::MemberNotFound,
        Self::NotFound,
        Self::NotCheckedIn,
        Self::UndoExpired,
        Self::Conflict,
        Self::IdConflict,
        Self::TooOld,
        Self::FromTheFuture,
        Self::NotSignedIn,
        Self::SignInRefused,
        Self::NotAllowed,
        Self::ForeignOrigin,
        Self::InsecureSignIn,
        Self::RateLimited,
        Self::TooLarge,
        Self::TooManyTopics,
        Self::UnsupportedVersion,
        Self::Unavailable,
        Self::BrokerUnavailable,
        Self::Internal,
    ];

    /// Whether the same message, unchanged, can succeed later.
    pub fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::BrokerUnavailable)
    }

    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidJson | Self::InvalidMessage | Self::UnknownType => 400,
            Self::NotSignedIn | Self::SignInRefused => 401,
            Self::NotAllowed | Self::ForeignOrigin | Self::InsecureSignIn => 403,
            Self::InvalidSession | Self::WrongCode | Self::MemberNotFound | Self::NotFound => 404,
            Self::Conflict | Self::IdConflict | Self::NotCheckedIn | Self::NoPractice => 409,
            Self::CodeExpired | Self::UndoExpired | Self::TooOld => 410,
            Self::TooLarge => 413,
            Self::InvalidInput
            | Self::UnknownChord
            | Self::FromTheFuture
            | Self::NotSubscribed
            | Self::TooManyTopics => 422,
            Self::UnsupportedVersion => 426,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable | Self::BrokerUnavailable => 503,
        }
    }
}

/// An `error` on the socket and the body of every failed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ErrorBody {
    /// The stable code.
    pub code: ErrorCode,
    /// A sentence for a person.
    pub message: String,
    /// Whether the same message may be sent again as it is.
    pub retryable: bool,
    /// How long to wait before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The field of a form that the error is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl ErrorBody {
    /// An error with its sentence; whether it is retryable follows from the code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: code.retryable(),
            retry_after_ms: None,
            field: None,
        }
    }

    /// The same error with the time to wait.
    #[must_use]
    pub fn retry_after(mut self, wait_ms: u64) -> Self {
        self.retry_after_ms = Some(wait_ms);
        self
    }

    /// An [`ErrorCode::InvalidInput`] about one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(ErrorCode::InvalidInput, message) }
    }
}
