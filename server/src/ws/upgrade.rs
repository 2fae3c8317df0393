//! The three endpoints: who may open a socket, and which protocol it uses.
//!
//! Browsers hide why a handshake was refused, so everything but a foreign Origin is accepted,
//! explained by a typed error, and closed with a code.

use super::{
    connection::{Connection, NewConnection},
    introduce::ClientIdentity,
    principal::Principal,
};
use crate::{
    auth::{OriginKind, cookies::Cookies},
    state::AppState,
};
use axum::{
    Json,
    extract::{
        ConnectInfo, Path, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
    },
    response::{IntoResponse, Response},
};
use cadence_realtime::hub::handle::ConnectionHandle;
use http::{HeaderMap, HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL};
use logic::topic::WireProtocol;
use protocol::{
    CloseCode, Codec, ConnectionId, Envelope, ErrorBody, ErrorCode, SUBPROTOCOL_FAMILY,
    ServerMessage, SessionId, Topic, encode,
};
use std::{net::SocketAddr, sync::Arc};
use uuid::Uuid;

/// axum's default buffers cost 134 KB per idle connection; these cost under 6 KB.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 2 * 1024;
/// A frame that is larger could never be sent: the state of a gym with 30,000 people in is half of
/// it. A client that does not read is cut long before.
const LARGEST_WRITE: usize = 16 * 1024 * 1024;

/// `/ws`: topics are named in `hello`.
pub(crate) async fn any_topic(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(state, peer, headers, upgrade, None).await
}

/// `/ws/checkins/`.
pub(crate) async fn check_ins(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(state, peer, headers, upgrade, Some(Topic::CheckIns)).await
}

/// `/ws/guitar/{session}/`.
pub(crate) async fn guitar(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(session): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // An id that is none gets the same answer as a session that does not exist.
    let session = session.parse().unwrap_or(SessionId(Uuid::nil()));
    open(state, peer, headers, upgrade, Some(Topic::Guitar(session))).await
}

async fn open(
    state: AppState,
    peer: SocketAddr,
    headers: HeaderMap,
    mut upgrade: WebSocketUpgrade,
    home: Option<Topic>,
) -> Response {
    let origin = match state.origins.allowed(&headers) {
        Ok(OriginKind::Ours(origin)) => Some(origin),
        Ok(OriginKind::Absent) => None,
        Err(error) => return (StatusCode::FORBIDDEN, Json(error)).into_response(),
    };
    let address = state.auth.way(&headers, Some(peer)).counted();
    let handle = Arc::new(ConnectionHandle::new(ConnectionId(Uuid::now_v7()), address));
    let protocol = choose_protocol(&headers, &mut upgrade);
    // A request without an Origin is no page of ours, and cookies count for pages only.
    let cookies = match (&origin, protocol) {
        (Some(_), Some(WireProtocol::Cadence(_))) => by_cookies(&state, &headers).await,
        _ => Ok((Principal::default(), false)),
    };

    let frame = state.config.limits.frame_bytes as usize;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(LARGEST_WRITE)
        // Somewhat too large is answered by a typed error; much too large ends the connection.
        .max_message_size(frame * 4)
        .max_frame_size(frame * 4);
    upgrade.on_upgrade(async move |socket| {
        let refusal = match (&cookies, protocol) {
            (_, None) => Some((version(), CloseCode::Version)),
            (Err(error), _) => Some((error.clone(), CloseCode::Restarting)),
            _ if !state.hub.register(&handle, &state.config.limits) => {
                Some((too_many(), CloseCode::TooManyConnections))
            }
            _ => None,
        };
        match (refusal, cookies, protocol) {
            (None, Ok((cookies, stale_sign_in)), Some(protocol)) => {
                let opening = {
                    let client =
                        ClientIdentity { origin, cookies, stale_sign_in, ..Default::default() };
                    NewConnection { state, handle, protocol, home, client }
                };
                Box::new(Connection::new(opening)).run(socket).await;
            }
            (refusal, ..) => {
                let (error, code) = refusal.unwrap_or((version(), CloseCode::Version));
                explain(socket, error, code).await;
            }
        }
    })
}

/// `None` when the client offers only versions of ours that this server does not have.
fn choose_protocol(headers: &HeaderMap, upgrade: &mut WebSocketUpgrade) -> Option<WireProtocol> {
    // The client's order is its wish; axum's own list is sorted by name.
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offers = offers.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    let offers: Vec<&str> = offers.map(str::trim).collect();
    let known = offers.iter().find_map(|offer| Some((offer, Codec::of_subprotocol(offer)?)));
    let (chosen, protocol) = match known {
        Some((offer, codec)) => (Some(offer), Some(WireProtocol::Cadence(codec))),
        // A browser drops a socket whose offers were all ignored, and the reason with it.
        None => match offers.iter().find(|offer| offer.starts_with(SUBPROTOCOL_FAMILY)) {
            Some(unknown) => (Some(unknown), None),
            None => (None, Some(WireProtocol::Simple)),
        },
    };
    if let Some(chosen) = chosen.and_then(|offer| HeaderValue::from_str(offer).ok()) {
        upgrade.set_selected_protocol(chosen);
    }
    protocol
}

/// Everything the cookies of the handshake prove, and whether they hold a sign-in that is over.
async fn by_cookies(state: &AppState, headers: &HeaderMap) -> Result<(Principal, bool), ErrorBody> {
    let who = state.auth.identify(headers).await?;
    let cookies = Cookies::read(headers);
    let host = state.auth.host(&cookies).await?.map(Into::into);
    let phone = state.auth.participant(&cookies).await?.map(Into::into);
    let stale = who.staff.is_none() && (cookies.access.is_some() || cookies.refresh.is_some());
    let seats = host.into_iter().chain(phone).collect();
    Ok((Principal { staff: who.staff, seats }, stale))
}

async fn explain(mut socket: WebSocket, error: ErrorBody, code: CloseCode) {
    let text = encode(&Envelope::bare(ServerMessage::Error(error)));
    let reason = Utf8Bytes::from_static(code.sentence());
    let frame = CloseFrame { code: code.number(), reason };
    // A client that is gone already gets no reason, which is no error.
    let _ = socket.send(Message::Text(text.into())).await;
    let _ = socket.send(Message::Close(Some(frame))).await;
}

fn version() -> ErrorBody {
    ErrorBody::new(ErrorCode::UnsupportedVersion, "Reload for the new version.")
}

fn too_many() -> ErrorBody {
    ErrorBody::new(ErrorCode::RateLimited, "Too many connections come from this address.")
}
