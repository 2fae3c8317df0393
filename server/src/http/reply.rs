//! Bodies in and errors out.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};
use protocol::{ErrorBody, ErrorCode};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A failed request: the typed error with the status that goes with its code.
#[derive(Debug)]
pub(crate) struct FailedCall(pub(crate) ErrorBody);

impl From<ErrorBody> for FailedCall {
    fn from(body: ErrorBody) -> Self {
        Self(body)
    }
}

impl IntoResponse for FailedCall {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = self.0.retry_after_ms;
        let mut response = (status, Json(self.0)).into_response();
        if let Some(wait) = wait {
            let seconds = HeaderValue::from(wait.div_ceil(1_000).max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// An answer that only the one who asked may keep.
pub(crate) fn private<T: serde::Serialize>(body: T) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}

/// A JSON body. Text that is not JSON and JSON that does not fit the type get different errors.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = FailedCall;

    async fn from_request(request: Request, state: &S) -> Result<Self, FailedCall> {
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        parse(&bytes).map(Self).map_err(FailedCall)
    }
}

/// A JSON body that may be left out.
pub(crate) struct MaybeBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = FailedCall;

    async fn from_request(request: Request, state: &S) -> Result<Self, FailedCall> {
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        match bytes.trim_ascii() {
            b"" => Ok(Self(T::default())),
            text => parse(text).map(Self).map_err(FailedCall),
        }
    }
}

/// The end of `/api`: a program that mistypes an address gets JSON, not a page.
pub(crate) async fn no_such_address() -> FailedCall {
    FailedCall(ErrorBody::new(ErrorCode::NotFound, "No part of the API has this address."))
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, ErrorBody> {
    serde_json::from_slice(text).map_err(|cause| match cause.classify() {
        Category::Data => ErrorBody::new(
            ErrorCode::InvalidMessage,
            format!("The body does not fit this request: {cause}"),
        ),
        _ => ErrorBody::new(ErrorCode::InvalidJson, format!("The body is no valid JSON: {cause}")),
    })
}

fn unreadable(rejection: BytesRejection) -> FailedCall {
    FailedCall(match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ErrorBody::new(ErrorCode::TooLarge, "The body is larger than 64 KiB.")
        }
        _ => ErrorBody::new(ErrorCode::InvalidJson, "The body could not be read."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::http::JoinRequest;

    #[test]
    fn broken_json_and_wrong_data_are_told_apart() {
        let code = |text: &str| parse::<JoinRequest>(text.as_bytes()).err().map(|e| e.code);
        assert_eq!(code(r#"{"code": "ABC"}"#), None);
        assert_eq!(code(r#"{"code": "#), Some(ErrorCode::InvalidJson));
        assert_eq!(code("hello"), Some(ErrorCode::InvalidJson));
        assert_eq!(code(r#"{"code": 7}"#), Some(ErrorCode::InvalidMessage));
    }

    #[test]
    fn a_limit_says_when_to_come_back() {
        let body = ErrorBody::new(ErrorCode::RateLimited, "Slow down.").retry_after(11_200);
        let response = FailedCall(body).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "12");
    }
}
