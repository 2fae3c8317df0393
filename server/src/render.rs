//! Pages: what a server render may ask and answer, and the headers around it.

use crate::{api, auth::Caller, backend::RequestBackend, state::AppState};
use app::{backend::SharedBackend, shell::Respond};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use std::sync::Arc;

/// Adds the pages and the server functions.
pub fn pages(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let routes = [
        generate_route_list(app::StageApp),
        generate_route_list(app::PlayApp),
        generate_route_list(app::GymApp),
    ]
    .concat();
    let context = {
        let state = state.clone();
        move || request_context(&state)
    };
    router
        .leptos_routes_with_context(state, routes, context, {
            let (options, files) = (state.leptos.clone(), state.client_files.clone());
            move || app::shell(options.clone(), &files)
        })
        .route(
            "/fn/{*name}",
            axum::routing::post(server_function)
                .layer::<_, std::convert::Infallible>(from_fn_with_state(
                    state.clone(),
                    api::limit_calls,
                ))
                .layer(DefaultBodyLimit::max(api::LARGEST_BODY)),
        )
        .fallback(files_and_not_found)
}

async fn server_function(State(state): State<AppState>, request: Request) -> impl IntoResponse {
    leptos_axum::handle_server_fns_with_context(move || request_context(&state), request).await
}

/// Files of the site, and the page for every other address.
async fn files_and_not_found(State(state): State<AppState>, request: Request) -> Response {
    let uri = request.uri().clone();
    let path = uri.path().to_owned();
    let context = {
        let state = state.clone();
        move || request_context(&state)
    };
    let handler = leptos_axum::file_and_error_handler_with_context::<AppState, _>(context, {
        let files = state.client_files.clone();
        move |options| app::shell(options, &files)
    });
    let mut response = handler(uri, State(state), request).await.into_response();
    // A hashed name means other content gets another name; everything else is asked for again.
    let kept = if path.starts_with("/fonts/") || is_hashed(&path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    response
}

/// `/pkg/cadence-play.<hash>.wasm`
fn is_hashed(path: &str) -> bool {
    path.starts_with("/pkg/") && path.rsplit('/').next().is_some_and(|n| n.split('.').count() == 3)
}

/// What pages and server functions find in the context of a request. It also runs for plain
/// files, where leptos offers neither response options nor a nonce.
fn request_context(state: &AppState) {
    let Some(parts) = use_context::<Parts>() else { return };
    let caller = parts.extensions.get::<Caller>().cloned();
    let response = use_context::<ResponseOptions>();
    if let (Some(caller), Some(response)) = (caller, response.clone()) {
        let backend = RequestBackend::new(state.clone(), caller, response);
        provide_context::<SharedBackend>(Arc::new(backend));
    }
    if let Some(response) = response {
        provide_context::<Arc<dyn Respond>>(Arc::new(PageResponse(response.clone())));
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

impl Respond for PageResponse {
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

/// The usual headers, on every answer.
pub async fn security_headers(
    State(state): State<AppState>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
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
