//! Pages: what a server render may ask and answer, and the headers around it.

use crate::{
    auth::Caller,
    http::{
        api,
        backend::RequestBackend,
        caller,
        page_language::{asked_language_cookie, page_language},
    },
    state::AppState,
};
use app::{
    backend::{JoinedSession, SharedBackend},
    client_files::PageKind,
    response::ResponseHead,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::from_fn_with_state,
    response::Response,
    routing::get,
};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use protocol::http::Joined;
use std::{net::IpAddr, sync::Arc};

/// Adds the pages and the server functions.
pub(crate) fn pages(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let routes = generate_route_list(app::GymApp);
    let context = {
        let state = state.clone();
        move || request_context(&state)
    };
    router
        .leptos_routes_with_context(state, routes, context, {
            let (options, files) = (state.leptos.clone(), state.client_files.clone());
            move || app::shell(options.clone(), &files)
        })
        .route("/", get(page))
        .route("/guitar", get(page))
        .route("/practice", get(page))
        .route("/play", get(page))
        .route("/play/{session}", get(page))
        .fallback(not_found)
        // leptos adds the server functions itself, so the layers go around everything.
        .layer(from_fn_with_state(state.clone(), limit_server_functions))
        .layer(DefaultBodyLimit::max(api::LARGEST_BODY))
}

/// Counts calls of server functions like those of the API; pages are free.
async fn limit_server_functions(
    state: State<AppState>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    match request.uri().path().starts_with("/fn/") {
        true => caller::limit_calls(state, request, next).await,
        false => next.run(request).await,
    }
}

/// The guitar's pages have no router that could list their addresses.
async fn page(State(state): State<AppState>, request: Request) -> Response {
    whole_page(state, request).await
}

/// The page for every address that is none.
async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let mut response = whole_page(state, request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Renders a page to its end before the first byte leaves.
async fn whole_page(state: AppState, request: Request) -> Response {
    let (options, files) = (state.leptos.clone(), state.client_files.clone());
    let joined = match (PageKind::of(request.uri().path()), request.extensions().get()) {
        (PageKind::Phone, Some(caller)) => joined_session(&state, Caller::clone(caller)).await,
        _ => None,
    };
    let page = leptos_axum::render_app_async_with_context(
        move || {
            request_context(&state);
            provide_context(JoinedSession(joined.clone()));
        },
        move || app::shell(options.clone(), &files),
    );
    page(request).await
}

/// The session of the phone's cookie. A failed read is in the log and counts as no session: the page
/// then joins by its link or asks for a code.
async fn joined_session(state: &AppState, caller: Caller) -> Option<Joined> {
    let phone = state.auth.participant(&caller.cookies).await.ok()?;
    phone.map(|phone| phone.joined())
}

/// What pages and server functions find in the context of a request.
fn request_context(state: &AppState) {
    let Some(parts) = use_context::<Parts>() else { return };
    let caller = parts.extensions.get::<Caller>().cloned();
    let response = use_context::<ResponseOptions>();
    let language = page_language(&parts);
    provide_context(language);
    if let (Some(caller), Some(response)) = (caller, response.clone()) {
        let backend = RequestBackend::new(state.clone(), caller, response);
        provide_context::<SharedBackend>(Arc::new(backend));
    }
    if let Some(response) = response {
        response.append_header(header::VARY, HeaderValue::from_static("accept-language, cookie"));
        response.insert_header(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        let asked = asked_language_cookie(&parts, state.config.secure_cookies());
        if let Some(Ok(cookie)) = asked.map(HeaderValue::try_from) {
            response.append_header(header::SET_COOKIE, cookie);
        }
        provide_context::<Arc<dyn ResponseHead>>(Arc::new(PageResponse(response.clone())));
        if let Some(nonce) = use_nonce() {
            let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let policy = content_security_policy(&nonce.to_string(), host);
            if let Ok(policy) = HeaderValue::from_str(&policy) {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
    }
}

struct PageResponse(ResponseOptions);

impl ResponseHead for PageResponse {
    fn status(&self, status: u16) {
        if let Ok(status) = StatusCode::from_u16(status) {
            self.0.set_status(status);
        }
    }

    fn redirect(&self, to: &str) {
        if let Ok(location) = HeaderValue::from_str(to) {
            self.0.insert_header(header::LOCATION, location);
            self.0.set_status(StatusCode::FOUND);
        }
    }
}

/// No inline script or style, nothing from elsewhere. The socket's address is named because
/// older Safari does not take `'self'` for it; the host is the page's own, so a forged one only
/// describes the forger's page.
fn content_security_policy(nonce: &str, host: Option<&str>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let sockets = match host.filter(|host| host.chars().all(is_plain)) {
        Some(host) => format!(" ws://{host} wss://{host}"),
        None => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'{sockets}; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Whether a `Host` names this machine, which browsers trust without TLS.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The usual headers, on every answer.
pub(crate) async fn security_headers(
    State(state): State<AppState>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let isolates = state.config.secure_cookies() || host.is_some_and(is_loopback);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    // On plain http from another machine browsers ignore it, and report that as an error.
    if isolates {
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=()",
    );
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    if state.config.secure_cookies() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_trusted_without_tls() {
        for host in ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["192.168.1.5:3000", "cadence.lan", "localhost.example.org", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
