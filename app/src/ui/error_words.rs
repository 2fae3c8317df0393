//! Codes in words. The code carries the meaning; the sentences of the API are for programs' logs,
//! and pages choose their own in the page's language.

use protocol::{CloseCode, ErrorBody, ErrorCode};
use texts::{count_words, words};

/// What an error means to the person at the page.
pub(crate) fn error_words(error: &ErrorBody) -> String {
    let sentence = match error.code {
        ErrorCode::InvalidJson => words!(errors.invalid_json),
        ErrorCode::InvalidMessage => words!(errors.invalid_message),
        ErrorCode::UnknownType => words!(errors.unknown_type),
        ErrorCode::InvalidInput => field_words(error.field.as_deref()),
        ErrorCode::UnknownChord => words!(errors.unknown_chord),
        ErrorCode::NotSubscribed => words!(errors.not_subscribed),
        ErrorCode::InvalidSession => words!(errors.invalid_session),
        ErrorCode::WrongCode => words!(errors.wrong_code),
        ErrorCode::CodeExpired => words!(errors.code_expired),
        ErrorCode::NoPractice => words!(errors.no_practice),
        ErrorCode::MemberNotFound => words!(errors.member_not_found),
        ErrorCode::NotFound => words!(errors.not_found),
        ErrorCode::NotCheckedIn => words!(errors.not_checked_in),
        ErrorCode::UndoExpired => words!(errors.undo_expired),
        ErrorCode::Conflict => words!(errors.conflict),
        ErrorCode::IdConflict => words!(errors.id_conflict),
        ErrorCode::TooOld => words!(errors.too_old),
        ErrorCode::FromTheFuture => words!(errors.from_the_future),
        ErrorCode::NotSignedIn => words!(errors.not_signed_in),
        ErrorCode::SignInRefused => words!(errors.sign_in_refused),
        ErrorCode::NotAllowed => words!(errors.not_allowed),
        ErrorCode::ForeignOrigin => words!(errors.foreign_origin),
        ErrorCode::InsecureSignIn => words!(errors.insecure_sign_in),
        ErrorCode::RateLimited => return rate_limited_words(error.retry_after_ms),
        ErrorCode::TooLarge => words!(errors.too_large),
        ErrorCode::TooManyTopics => words!(errors.too_many_topics),
        ErrorCode::UnsupportedVersion => words!(errors.unsupported_version),
        // Only this page makes an error without a sentence: the request found no server.
        ErrorCode::Unavailable if error.message.is_empty() => words!(errors.unreachable),
        ErrorCode::Unavailable => words!(errors.unavailable),
        ErrorCode::BrokerUnavailable => words!(errors.broker_unavailable),
        ErrorCode::Internal => words!(errors.internal),
    };
    sentence.to_owned()
}

/// What is wrong with a field of a form.
fn field_words(field: Option<&str>) -> &'static str {
    match field {
        Some("full_name") => words!(errors.invalid_name),
        Some("email") => words!(errors.invalid_email),
        Some("phone") => words!(errors.invalid_phone),
        Some("plan") => words!(errors.invalid_plan),
        Some("code") => words!(errors.invalid_code),
        _ => words!(errors.invalid_input),
    }
}

fn rate_limited_words(retry_after_ms: Option<u64>) -> String {
    match retry_after_ms {
        Some(wait_ms) => count_words!(errors.rate_limited_in, wait_ms.div_ceil(1_000).max(1)),
        None => words!(errors.rate_limited).to_owned(),
    }
}

/// Why the server closed the connection.
pub(crate) fn close_words(code: CloseCode) -> &'static str {
    match code {
        CloseCode::InvalidSession => words!(errors.close_invalid_session),
        CloseCode::NotSignedIn => words!(errors.not_signed_in),
        CloseCode::Version => words!(errors.unsupported_version),
        CloseCode::NotAllowed => words!(errors.not_allowed),
        CloseCode::ProtocolError => words!(errors.close_protocol),
        CloseCode::Removed => words!(errors.close_removed),
        CloseCode::SignInRefused => words!(errors.close_sign_in_refused),
        CloseCode::TooManyConnections => words!(errors.close_too_many),
        CloseCode::SlowConsumer => words!(errors.close_slow),
        CloseCode::Restarting => words!(errors.close_restarting),
        CloseCode::TooManyMessages => words!(errors.close_messages),
        CloseCode::NoIntroduction => words!(errors.close_no_introduction),
    }
}
