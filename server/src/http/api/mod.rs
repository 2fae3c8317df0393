//! The JSON API for programs, and the layers that find out who calls.
//!
//! Every handler calls the use case that pages and sockets call too. What a use case ends or
//! changes is passed on to the hub here.

mod auth;
mod guitar;
mod gym;

use crate::{
    http::{caller::limit_calls, reply},
    state::AppState,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};

/// Bytes of a request's body.
pub(crate) const LARGEST_BODY: usize = 64 * 1024;

/// All addresses under `/api`.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        // Who is who
        .route("/api/auth/login", post(auth::login))
        .route("/api/auth/refresh", post(auth::post_refresh))
        .route("/api/auth/logout", post(auth::logout))
        .route("/api/auth/me", get(auth::me))
        .route("/api/ws-ticket", post(auth::ws_ticket))
        // Guitar
        .route("/api/guitar/sessions", post(guitar::open_session))
        .route("/api/guitar/join", post(guitar::post_join))
        .route("/api/practices", get(guitar::practices))
        // Gym
        .route("/api/gym/snapshot", get(gym::snapshot))
        .route("/api/members", get(gym::members).post(gym::create_member))
        .route("/api/members/{id}/renew", post(gym::renew))
        .route("/api/check-ins", post(gym::check_in))
        .route("/api/check-ins/undo", post(gym::undo_check_in))
        .route("/api/check-outs", post(gym::check_out))
        .route("/api/{*unknown}", any(reply::no_such_address))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(state.clone(), limit_calls))
}

#[cfg(test)]
mod tests;
