//! The layers that find out who calls, refuse foreign pages, and count.

use super::reply::FailedCall;
use crate::{
    accounts::sign_out,
    auth::{Caller, OriginKind, origin, refresh::RefreshOutcome, throttle::rate_limited},
    state::AppState,
};
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CACHE_CONTROL, SET_COOKIE},
};
use protocol::ErrorBody;
use std::net::SocketAddr;

/// Puts a [`Caller`] into the request's extensions. Writes from foreign pages end here, and so do
/// writes with cookies that do not say from which page they come.
pub(crate) async fn attach_caller(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    match caller_of(&state, request.method(), request.headers(), socket).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => FailedCall(refusal).into_response(),
    }
}

async fn caller_of(
    state: &AppState,
    method: &Method,
    headers: &HeaderMap,
    socket: Option<SocketAddr>,
) -> Result<Caller, ErrorBody> {
    let origin = match state.origins.allowed(headers) {
        Ok(origin) => origin,
        // Reading changes nothing, and browsers show the answer to no foreign page.
        Err(_) if method.is_safe() => OriginKind::Absent,
        Err(foreign) => return Err(foreign),
    };
    let caller = Caller::of(&state.auth, origin, headers, socket).await?;
    let unsure = caller.is_program() && !caller.who.bearer && caller.cookies.any();
    if unsure && !method.is_safe() { Err(origin::foreign()) } else { Ok(caller) }
}

/// Opening a page with an access that has ended and a good refresh cookie goes on signed in: a
/// bookmark must not lead to the sign-in page each time an access token ends.
pub(crate) async fn refresh_on_navigation(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let token = caller.as_ref().and_then(|caller| caller.cookies.refresh.clone());
    let (Some(mut caller), Some(token)) = (caller, token) else { return next.run(request).await };
    let opens_page = request.method() == Method::GET && wants_html(request.headers());
    if !opens_page || caller.who.staff.is_some() || caller.who.bearer {
        return next.run(request).await;
    }
    let cookies = match sign_out::refresh(&state.auth, &state.hub, &token).await {
        Ok(RefreshOutcome::Renewed(tokens)) => {
            let cookies = tokens.cookies(&state.auth);
            caller.who.staff = Some(tokens.staff);
            request.extensions_mut().insert(caller);
            cookies
        }
        Ok(RefreshOutcome::Reused { .. } | RefreshOutcome::Refused) => {
            state.auth.sign_out_cookies()
        }
        // The page shows that the database is away; the cookies stay.
        Err(_) => return next.run(request).await,
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    cookies.into_iter().for_each(|cookie| _ = headers.append(SET_COOKIE, cookie));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Counts a call: a signed-in account per second, other callers per minute and address.
pub(crate) async fn limit_calls(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return next.run(request).await;
    };
    let (throttles, now) = (state.auth.throttles(), state.auth.now());
    let counted = match &caller.who.staff {
        Some(staff) => throttles.calls_of_user.take(&staff.user, now),
        None => throttles.calls_of_address.take(&caller.peer, now),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(wait) => FailedCall(rate_limited("Too many requests.", wait)).into_response(),
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
