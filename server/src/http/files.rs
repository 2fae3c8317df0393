//! The files of the site: they need neither an identity nor a database, so they stand outside the
//! layers that look for one.

use crate::state::AppState;
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};

/// `/pkg`, `/fonts`, and the icon.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let root = Path::new(&*state.leptos.site_root);
    let folder = |name: &str| ServeDir::new(root.join(name)).precompressed_br();
    let pkg = &*state.leptos.site_pkg_dir;
    Router::new()
        .nest_service(&format!("/{pkg}"), folder(pkg))
        .nest_service("/fonts", folder("fonts"))
        .route_service("/favicon.svg", ServeFile::new(root.join("favicon.svg")))
        .layer(from_fn(keep))
}

/// A hashed name means that other content gets another name; everything else is asked for again.
async fn keep(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let forever = path.starts_with("/fonts/") || is_hashed(path);
    let mut response = next.run(request).await;
    if matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
        let kept = if forever { "public, max-age=31536000, immutable" } else { "no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    response
}

/// `/pkg/cadence-play.<hash>.wasm`
fn is_hashed(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.split('.').count() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        assert!(is_hashed("/pkg/cadence-play.0a1b2c3d.wasm"));
        assert!(!is_hashed("/pkg/cadence.wasm"));
        assert!(!is_hashed("/pkg/files.json"));
    }
}
