//! What every handler shares, and the few steps that need store and hub together.

use crate::{
    auth::{Auth, OriginPolicy},
    pairing, practice,
};
use app::client_files::ClientFiles;
use axum::extract::FromRef;
use cadence_base::rate_limit::Buckets;
use cadence_config::Config;
use cadence_realtime::hub::{
    Hub, Publication,
    session::{Played, SharedSession},
};
use cadence_store::Store;
use futures_util::future::BoxFuture;
use leptos::config::LeptosOptions;
use protocol::{ErrorBody, Millis, ServerMessage, account::Role, guitar::Presence};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

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
    /// The server has been told to stop: it is not ready any more.
    pub stopping: CancellationToken,
}

impl AppState {
    /// The server's clock.
    pub fn now(&self) -> Millis {
        self.store.clock().now()
    }

    /// A guitar session: from memory, or from its record after a restart.
    pub async fn guitar_session(&self, id: Uuid) -> Result<SharedSession, ErrorBody> {
        if let Some(session) = self.hub.session(id) {
            return Ok(session);
        }
        if !pairing::is_live(&self.store, id).await? {
            return Err(pairing::invalid_session());
        }
        let practice = practice::current(&self.store, id).await?;
        let session = self.hub.open_session(id, practice, self.store.clock()).await?;
        // It may have been paused since it was read, when nobody could be told.
        let _alone = session.practice_lock().await;
        self.publish_practice(&session).await?;
        Ok(Arc::clone(&session))
    }

    /// Who can be asked whether a phone of a session is connected, to this node or another.
    pub fn connected(&self) -> impl Fn(Uuid, Uuid) -> BoxFuture<'static, bool> + Sync + use<> {
        let state = self.clone();
        move |session, phone| {
            let state = state.clone();
            Box::pin(async move {
                if state.hub.is_connected(phone) || !state.hub.is_shared() {
                    return state.hub.is_connected(phone);
                }
                // Without the other nodes this one goes by what it knows.
                let Ok(session) = state.guitar_session(session).await else { return false };
                let players = session.snapshot().0.participants;
                players.iter().any(|p| p.user_id == phone && p.status != Presence::Disconnected)
            })
        }
    }

    /// Tells a session how its practice stands in the database, unless it knows. The caller holds
    /// the session's practice lock.
    pub async fn publish_practice(&self, session: &SharedSession) -> Result<(), ErrorBody> {
        if let Some(update) = practice::current(&self.store, session.id).await?
            && session.practice_differs(&update)
        {
            let message = ServerMessage::PracticeUpdate(update);
            session.publish(Publication::by_server(message), self.now()).await?;
        }
        Ok(())
    }

    /// The host lets a phone in, or changes its role.
    pub async fn allow(
        &self,
        session: &SharedSession,
        phone: Uuid,
        role: Role,
    ) -> Result<(), ErrorBody> {
        pairing::allow(&self.auth, session.id, phone, role).await?;
        session.set_role(phone, role, self.now());
        self.hub.decided(phone, Some(role));
        Ok(())
    }

    /// The host removes a phone for good; code and secret are new from here on.
    pub async fn remove(&self, session: &SharedSession, phone: Uuid) -> Result<(), ErrorBody> {
        pairing::remove(&self.auth, session.id, phone).await?;
        session.remove(phone, self.now());
        self.hub.decided(phone, None);
        Ok(())
    }

    /// Adds what was played since the last time to the practice's record. What cannot be stored
    /// now is stored the next time; the log says why.
    pub async fn store_played(&self, session: &SharedSession) {
        let Some(played) = session.take_played() else { return };
        let Played { chords, changes } = played.clone();
        if practice::record_play(&self.store, session.id, chords, changes).await.is_err() {
            session.put_back(played);
        }
    }
}
