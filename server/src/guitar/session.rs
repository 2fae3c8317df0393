//! A guitar session in memory, and the use cases that change the database and the session together.

use super::{
    pairing::{self, JoinedPhone},
    practice,
};
use crate::auth::{Auth, Caller};
use cadence_realtime::hub::{
    Hub, Publication,
    session::{PlayedChords, SharedSession},
};
use cadence_store::Store;
use futures_util::future::BoxFuture;
use protocol::{
    ErrorBody, ParticipantId, SeatId, ServerMessage, SessionId, account::Role, guitar::Presence,
    http::JoinRequest,
};

/// The session from memory, or restored from its database record, for example after a restart.
///
/// # Errors
/// `invalid_session` when it does not exist or has ended; `broker_unavailable` when the other nodes
/// cannot be reached.
pub async fn open(store: &Store, hub: &Hub, id: SessionId) -> Result<SharedSession, ErrorBody> {
    if let Some(session) = hub.session(id) {
        return Ok(session);
    }
    if !pairing::is_live(store, id).await? {
        return Err(pairing::invalid_session());
    }
    let practice = practice::current(store, id).await?;
    let session = hub.open_session(id, practice, &store.clock().server_clock()).await?;
    // The practice may have been paused between the read and this moment, while no connection
    // could receive the event.
    let alone = session.practice_lock().await;
    publish_practice(store, &session).await?;
    drop(alone);
    Ok(session)
}

/// A function that finds out whether a phone of a session is connected, to this node or another.
pub fn connected(
    store: &Store,
    hub: &Hub,
) -> impl Fn(SessionId, ParticipantId) -> BoxFuture<'static, bool> + Sync + use<> {
    let (store, hub) = (store.clone(), hub.clone());
    move |session, phone| {
        let (store, hub) = (store.clone(), hub.clone());
        Box::pin(async move {
            if hub.is_connected(phone) || !hub.is_shared() {
                return hub.is_connected(phone);
            }
            // While the other nodes cannot be reached, only this node's connections count.
            let Ok(session) = open(&store, &hub, session).await else { return false };
            let players = session.snapshot().0.participants;
            players
                .iter()
                .any(|p| p.user_id == SeatId::phone(phone) && p.status != Presence::Disconnected)
        })
    }
}

/// Joins as a phone. A phone that waited for the host and was let in by scanning gets its new role
/// on its open connections.
pub async fn join(
    auth: &Auth,
    hub: &Hub,
    caller: &Caller,
    request: JoinRequest,
) -> Result<JoinedPhone, ErrorBody> {
    let before = auth.participant(&caller.cookies).await?;
    let connected = connected(auth.store(), hub);
    let joining = pairing::join(auth, Some(caller.peer), before, request, &connected).await?;
    if joining.changed {
        let phone = &joining.identity;
        // Opened, because perhaps only another node has the session in memory.
        if let Ok(session) = open(auth.store(), hub, phone.session).await {
            session.set_role(phone.participant, phone.role, auth.now());
        }
        hub.publish_decision(phone.participant, Some(phone.role));
    }
    Ok(joining)
}

/// Publishes the state of the practice clock as the database has it, if the session's differs. The
/// caller holds the session's practice lock.
pub async fn publish_practice(store: &Store, session: &SharedSession) -> Result<(), ErrorBody> {
    if let Some(update) = practice::current(store, session.id()).await?
        && session.practice_differs(&update)
    {
        let message = ServerMessage::PracticeUpdate(update);
        session.publish(Publication::by_server(message), store.clock().now()).await?;
    }
    Ok(())
}

/// The host lets a phone in, or changes its role.
pub async fn allow(
    auth: &Auth,
    hub: &Hub,
    session: &SharedSession,
    phone: ParticipantId,
    role: Role,
) -> Result<(), ErrorBody> {
    pairing::allow(auth, session.id(), phone, role).await?;
    session.set_role(phone, role, auth.now());
    hub.publish_decision(phone, Some(role));
    Ok(())
}

/// The host removes a phone for good and its connections are closed. Code and secret are rotated.
pub async fn remove(
    auth: &Auth,
    hub: &Hub,
    session: &SharedSession,
    phone: ParticipantId,
) -> Result<(), ErrorBody> {
    pairing::remove(auth, session.id(), phone).await?;
    session.remove(phone, auth.now());
    hub.publish_decision(phone, None);
    Ok(())
}

/// Adds the chords and changes played since the last call to the practice's record. A failed write
/// is logged, and the counts are kept for the next call.
pub async fn store_played(store: &Store, session: &SharedSession) {
    let Some(played) = session.take_played() else { return };
    let PlayedChords { chords, changes } = played.clone();
    if practice::record_play(store, session.id(), chords, changes).await.is_err() {
        session.put_back(played);
    }
}
