//! What every handler shares.

use crate::auth::{Auth, OriginPolicy};
use app::client_files::ClientFiles;
use axum::extract::FromRef;
use cadence_base::rate_limit::Buckets;
use cadence_config::Config;
use cadence_realtime::hub::Hub;
use cadence_store::Store;
use leptos::config::LeptosOptions;
use protocol::Millis;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Shared by every handler and connection; clones are cheap.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// Connections and topics.
    pub hub: Hub,
    /// Who is who.
    pub auth: Auth,
    /// Which pages may open sockets and write.
    pub origins: OriginPolicy,
    /// How many messages are too many.
    pub buckets: Buckets,
    /// Addresses under which a phone in the same network reaches this server, best first.
    pub lan_urls: Arc<[String]>,
    /// The client's files.
    pub client_files: Arc<ClientFiles>,
    /// leptos' own options.
    pub leptos: LeptosOptions,
    /// The server stops: it is not ready any more.
    pub stopping: CancellationToken,
}

impl AppState {
    /// The server's clock.
    pub fn now(&self) -> Millis {
        self.store.clock().now()
    }
}
