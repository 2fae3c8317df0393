//! Every address of this server, grouped by who calls it, and the layers around all of them.

use crate::{
    http::{api, caller, files, health, pages},
    state::AppState,
    ws::upgrade,
};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get},
};
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// The whole router.
pub(crate) fn router(state: AppState) -> Router {
    let sockets = Router::new()
        .route("/ws", any(upgrade::any_topic))
        .route("/ws/", any(upgrade::any_topic))
        .route("/ws/checkins", any(upgrade::check_ins))
        .route("/ws/checkins/", any(upgrade::check_ins))
        .route("/ws/guitar/{session}", any(upgrade::guitar))
        .route("/ws/guitar/{session}/", any(upgrade::guitar));

    let operators = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics));

    // Programs, and the pages' own refresh of a sign-in.
    let programs = api::routes(&state);

    let pages = pages::pages(Router::new(), &state)
        .layer(from_fn_with_state(state.clone(), caller::refresh_on_navigation));

    // From the outside in: headers on every answer, a log line per request, then who calls.
    // Sockets decide for themselves, after the handshake, so that a refusal can be explained.
    programs
        .merge(pages)
        .layer(from_fn_with_state(state.clone(), caller::attach_caller))
        // Pages with data are rendered whole, so no part of one waits in the compressor. The files
        // of the site are compressed by the build. No answer repeats a secret beside text that
        // another site chose, which is what compression could give away.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(5)))
        .merge(files::routes(&state))
        .merge(sockets)
        .merge(operators)
        .layer(CatchPanicLayer::new())
        .layer(from_fn(health::log_request))
        .layer(from_fn_with_state(state.clone(), pages::security_headers))
        .with_state(state)
}
