//! Builds a server from its parts and runs it until it is stopped.

use crate::{
    auth::{Auth, OriginPolicy},
    guitar::{practice, session as guitar_session},
    http::{health, routes},
    jobs::{follow_database, sweep},
    state::AppState,
};
use anyhow::Context;
use app::client_files::ClientFiles;
use cadence_base::rate_limit::{Buckets, MessageRate};
use cadence_config::Config;
use cadence_realtime::{broker::Broker, hub::Hub};
use cadence_store::Store;
use leptos::config::LeptosOptions;
use protocol::{Millis, Topic};
use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Clients come back from a restart within this window.
const RESTART_WINDOW_MS: (u64, u64) = (100, 2_000);
/// How long sockets may take to close.
const GOODBYE: Duration = Duration::from_secs(5);
/// After that, what was played gets so long to be stored.
const LAST_THINGS: Duration = Duration::from_secs(5);

/// A server that is ready to run; tests own its listener and its end.
pub struct Server {
    /// What its handlers share.
    pub state: AppState,
    listener: TcpListener,
}

impl Server {
    /// Opens the database and puts the parts together.
    pub async fn build(mut config: Config, listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the listener has no address")?;
        config.leptos.site_addr = address;
        health::recorder();
        let hub = open_hub(&config)?;
        let store = Store::open(&config.database, (&config).into(), {
            let hub = hub.clone();
            move |commit| hub.publish_commit(commit)
        })
        .await?;
        let end = store.position(Topic::CheckIns).await.context("cannot read the log's end")?;
        hub.restore_checkins(end);

        let lan_urls = lan_urls(&config, address);
        let auth = Auth::new(&config, store.clone())?;
        let origins = OriginPolicy::new(&config, address.port(), &lan_urls);
        let buckets = Buckets::new(MessageRate {
            per_second: f64::from(config.limits.messages_per_second),
            burst: f64::from(config.limits.burst),
        });
        let leptos = config.leptos.clone();
        let client_files = Arc::new(client_files(&leptos)?);
        let state = AppState {
            config: Arc::new(config),
            store,
            hub,
            auth,
            origins,
            buckets,
            lan_urls: lan_urls.into(),
            client_files,
            leptos,
            stopping: CancellationToken::new(),
        };
        Ok(Self { state, listener })
    }

    /// Where it listens; port 0 has become a real one.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listener.local_addr().context("the listener has no address")
    }

    /// Serves until `stop`, then sends every client the window in which to come back.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { state, listener } = self;
        if state.config.database.url.options().is_none() {
            // What was abandoned before this server ran is no practice; a clock whose devices were
            // there a moment ago runs on. The cause of a failure is in the log already.
            let guitar = &state.config.guitar;
            let _ = practice::sweep(&state.store, guitar, state.now(), &[], None).await;
        }
        // As long as a client is connected, the node follows the others.
        let background = CancellationToken::new();
        let _end_with_me = background.clone().drop_guard();
        let sweeper = tokio::spawn(sweep::run(state.clone(), background.clone()));
        if state.config.database.url.options().is_some() {
            tokio::spawn(follow_database::run(state.clone(), background.clone()));
        }
        let app = routes::router(state.clone());
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        let drain = {
            let (state, stop) = (state.clone(), stop.clone());
            async move {
                stop.cancelled().await;
                // First of all, so that a proxy which asks sends no new client here.
                state.stopping.cancel();
                let unready = u64::from(state.config.server.unready_seconds);
                tokio::time::sleep(Duration::from_secs(unready)).await;
                // axum does not end upgraded sockets by itself.
                state.hub.close_for_restart(RESTART_WINDOW_MS.0, RESTART_WINDOW_MS.1);
            }
        };
        let serving = async {
            axum::serve(listener, service).with_graceful_shutdown(drain).await?;
            // Upgraded sockets are not axum's any more.
            state.hub.emptied().await;
            std::io::Result::Ok(())
        };
        let overdue = async {
            stop.cancelled().await;
            let unready = u64::from(state.config.server.unready_seconds);
            tokio::time::sleep(Duration::from_secs(unready) + GOODBYE).await;
        };
        tokio::select! {
            result = serving => result.context("the listener failed")?,
            () = overdue => tracing::warn!("some connections did not end in time"),
        }
        background.cancel();
        let last_things = async {
            for session in state.hub.sessions() {
                guitar_session::store_played(&state.store, &session).await;
            }
            let _ = sweeper.await;
        };
        if tokio::time::timeout(LAST_THINGS, last_things).await.is_err() {
            tracing::warn!("the database did not take what was played last in time");
        }
        Ok(())
    }
}

/// A hub of this node alone, or one that meets others at the broker.
fn open_hub(config: &Config) -> anyhow::Result<Hub> {
    let (events, seconds) = (config.guitar.ring_events as usize, config.guitar.ring_seconds);
    let (ms, redis) = (Millis::from(seconds) * 1_000, &config.redis);
    match &redis.url.addresses()[..] {
        [] => Ok(Hub::new(events, ms)),
        addresses => Hub::sharing(events, ms, |handler| {
            Broker::new(addresses, &redis.prefix, events, handler).context("[redis] url")
        }),
    }
}

/// The list that the build has left beside the client, or the plain names without one.
fn client_files(leptos: &LeptosOptions) -> anyhow::Result<ClientFiles> {
    let list = Path::new(&*leptos.site_root).join(&*leptos.site_pkg_dir).join("files.json");
    match std::fs::read(&list) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} is no list of the client's files", list.display())),
        Err(_) => Ok(ClientFiles::unlisted(&leptos.output_name)),
    }
}

/// Addresses under which a phone in the same network reaches this server.
pub fn lan_urls(config: &Config, address: SocketAddr) -> Vec<String> {
    if let Some(public) = &config.server.public_url {
        // On a phone, "localhost" is the phone.
        return match public.is_loopback() {
            true => Vec::new(),
            false => vec![public.origin().to_owned()],
        };
    }
    static LAN: OnceLock<Vec<IpAddr>> = OnceLock::new();
    let everywhere = address.ip().is_unspecified();
    let lan = LAN.get_or_init(|| {
        let interfaces = local_ip_address::list_afinet_netifas().unwrap_or_default();
        let mut lan: Vec<IpAddr> = interfaces
            .into_iter()
            .map(|(_, ip)| ip)
            .filter(|ip| matches!(ip, IpAddr::V4(v4) if !v4.is_loopback() && !v4.is_link_local()))
            .collect();
        lan.sort_by_key(|ip| !matches!(ip, IpAddr::V4(v4) if v4.is_private()));
        // The interface with the default route is most likely the phone's network.
        if let Ok(best) = local_ip_address::local_ip() {
            lan.sort_by_key(|ip| *ip != best);
        }
        lan
    });
    match address.ip() {
        _ if everywhere => lan.iter().map(|ip| format!("http://{ip}:{}", address.port())).collect(),
        ip if ip.is_loopback() => Vec::new(),
        ip => vec![format!("http://{}", SocketAddr::new(ip, address.port()))],
    }
}
