//! What operators ask: is it alive, is it ready, what does it measure; and one log line per
//! request.

use crate::state::AppState;
use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use std::{net::SocketAddr, sync::OnceLock, time::Instant};

/// The process runs.
pub(crate) async fn live() -> &'static str {
    "live"
}

#[derive(Serialize)]
struct ReadyReport {
    ready: bool,
    database: &'static str,
    stopping: bool,
}

/// The process can serve: its parts answer, and it is not about to stop.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let database = state.store.answers().await;
    let stopping = state.stopping.is_cancelled();
    let answers = database.is_ok();
    let ready = answers && !stopping;
    if let Err(cause) = database {
        tracing::warn!(%cause, "not ready: the database does not answer");
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let database = if answers { "ok" } else { "no answer" };
    let body = ReadyReport { ready, database, stopping };
    (status, Json(body)).into_response()
}

/// The figures in Prometheus' format, for this machine only; a proxy on it opens them to no one
/// else.
pub(crate) async fn metrics(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let way = state.auth.way(&headers, Some(peer));
    if !way.peer.is_loopback() || way.disguised {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(recorder) = recorder() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    metrics::gauge!("cadence_connections").set(state.hub.connections() as f64);
    recorder.render().into_response()
}

/// Installs the recorder once per process; a second server in one process (tests) shares it.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// One line per request: method, path without query, status, time. Never a header or a body.
pub(crate) async fn log_request(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let ms = started.elapsed().as_millis();
    if path.starts_with("/health/") {
        // A proxy asks twice a second.
        tracing::debug!(target: "cadence::http", %method, path, status, ms, "request");
    } else {
        tracing::info!(target: "cadence::http", %method, path, status, ms, "request");
    }
    response
}
