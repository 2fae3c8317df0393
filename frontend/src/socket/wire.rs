//! One WebSocket at a time: opening it, reading and writing it, and its close code.

use crate::browser;
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{
    FutureExt, Sink, SinkExt, StreamExt,
    future::{Either, poll_fn},
    select,
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use protocol::{Codec, Frame};
use std::{cell::RefCell, pin::Pin};
use wasm_bindgen_futures::spawn_local;
use web_sys::window;

/// The close code of a socket that never opened, or ended without one (RFC 6455, 7.4.1).
const ABNORMAL_CLOSURE: u16 = 1006;
/// The close code for a page that is done.
const NORMAL_CLOSURE: u16 = 1000;
/// The storage key of the codec that a person chose.
const CODEC_KEY: &str = "cadence.codec";

/// What happens on a socket.
pub(super) enum WireEvent {
    /// It is open, and the server has chosen this codec.
    Opened(Codec),
    Received(Frame),
    /// It has ended, or could not be opened. Nothing follows.
    Closed(u16),
}

/// What the task of a socket is given to do.
enum WireCommand {
    Send(Frame),
    Close,
}

/// The present socket, under the number that the link gave it.
#[derive(Default)]
pub(super) struct Wire {
    open: RefCell<Option<(u32, UnboundedSender<WireCommand>)>>,
}

impl Wire {
    /// Sends a frame on the present socket.
    pub(super) fn send(&self, frame: Frame) {
        if let Some((_, sender)) = &*self.open.borrow() {
            // A socket whose task has ended reports its close by itself.
            let _ = sender.unbounded_send(WireCommand::Send(frame));
        }
    }

    /// Closes the socket with this number.
    pub(super) fn close(&self, number: u32) {
        if let Some((_, sender)) = self.open.borrow().as_ref().filter(|(open, _)| *open == number) {
            let _ = sender.unbounded_send(WireCommand::Close);
        }
    }

    /// Opens a socket under a number, in place of the present one, and reports what happens on it.
    pub(super) fn dial(&self, number: u32, report: impl Fn(WireEvent) + 'static) {
        let socket =
            socket_url().and_then(|url| WebSocket::open_with_protocols(&url, &subprotocols()).ok());
        let (sender, receiver) = unbounded();
        *self.open.borrow_mut() = Some((number, sender));
        spawn_local(async move {
            let code = match socket {
                Some(socket) => converse(&report, socket, receiver).await,
                None => ABNORMAL_CLOSURE,
            };
            report(WireEvent::Closed(code));
        });
    }
}

/// Keeps the codec that a person chose, for this visit and the next.
pub(super) fn store_codec(codec: Codec) {
    if let Some(storage) = browser::storage() {
        // Where storage is refused, the next visit begins with the default codec.
        let _ = storage.set_item(CODEC_KEY, codec.subprotocol());
    }
}

/// Reads and writes until either side ends, and returns the close code. The two halves of the
/// socket stay together, because the close code comes with the item after the error.
async fn converse(
    report: &impl Fn(WireEvent),
    mut socket: WebSocket,
    commands: UnboundedReceiver<WireCommand>,
) -> u16 {
    let mut commands = commands.fuse();
    // The sink is ready as soon as the socket is open, or has failed to open.
    let opened = poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).fuse();
    let gives_up = {
        futures_util::pin_mut!(opened);
        select! {
            _ = opened => false,
            _ = commands.next() => true,
        }
    };
    if gives_up {
        let _ = socket.close(None, None);
        return ABNORMAL_CLOSURE;
    }
    if matches!(socket.state(), State::Open) {
        let codec = Codec::of_subprotocol(&socket.protocol()).unwrap_or_default();
        report(WireEvent::Opened(codec));
    }
    loop {
        let next = {
            let incoming = socket.next().fuse();
            futures_util::pin_mut!(incoming);
            select! {
                message = incoming => Either::Left(message),
                command = commands.next() => Either::Right(command),
            }
        };
        match next {
            Either::Left(Some(Ok(message))) => {
                let frame = match message {
                    Message::Text(text) => Frame::Text(text),
                    Message::Bytes(bytes) => Frame::Binary(bytes),
                };
                report(WireEvent::Received(frame));
            }
            Either::Left(Some(Err(WebSocketError::ConnectionClose(close)))) => return close.code,
            Either::Left(Some(Err(_))) => {}
            Either::Left(None) => return ABNORMAL_CLOSURE,
            Either::Right(Some(WireCommand::Send(frame))) => write(&mut socket, frame).await,
            Either::Right(Some(WireCommand::Close) | None) => {
                let _ = socket.close(Some(NORMAL_CLOSURE), None);
                return ABNORMAL_CLOSURE;
            }
        }
    }
}

async fn write(socket: &mut WebSocket, frame: Frame) {
    // A browser logs an error for each frame to a socket that closes. A message that is not sent
    // here is resent with its id on the next socket.
    if !matches!(socket.state(), State::Open) {
        return;
    }
    let message = match frame {
        Frame::Text(text) => Message::Text(text),
        Frame::Binary(bytes) => Message::Bytes(bytes),
    };
    // After a failed write the socket reports its close.
    let _ = socket.send(message).await;
}

/// The offered subprotocols, the one that a person chose first.
fn subprotocols() -> [&'static str; 2] {
    let mut offers = Codec::ALL.map(Codec::subprotocol);
    let chosen = browser::storage().and_then(|storage| storage.get_item(CODEC_KEY).ok()?);
    if chosen.is_some_and(|chosen| chosen == offers[1]) {
        offers.reverse();
    }
    offers
}

/// The socket's address on the server of this page.
fn socket_url() -> Option<String> {
    let location = window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}
