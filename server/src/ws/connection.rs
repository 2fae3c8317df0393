//! The loop of a connection: write what is ready, then wait for the next message, answer or timer.

use super::{
    commands::CommandsInFlight, heartbeat::SocketHeartbeat, incoming::MessageLimits,
    introduce::ClientIdentity, source::FollowedSource,
};
use crate::state::AppState;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use cadence_realtime::hub::handle::ConnectionHandle;
use futures_util::{SinkExt, StreamExt};
use logic::{
    presence::Departure,
    topic::{PlacedAnswer, Subscriptions, WireProtocol},
};
use protocol::{
    CloseCode, Envelope, ErrorBody, MessageId, ServerMessage, Topic, encode, server::Outcome,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// A write that takes longer means that the client does not read.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server that stops waits for the answers to commands in flight.
const LAST_ANSWERS_TIMEOUT: Duration = Duration::from_secs(1);
/// How long each half of the closing handshake may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One connection.
pub(super) struct Connection {
    pub(super) state: AppState,
    /// What the rest of the server uses to reach this connection.
    pub(super) handle: Arc<ConnectionHandle>,
    /// The topic of the endpoint, for messages that name none.
    pub(super) home: Option<Topic>,
    pub(super) client: ClientIdentity,
    pub(super) topics: Subscriptions<FollowedSource>,
    pub(super) commands: CommandsInFlight,
    pub(super) limits: MessageLimits,
    pub(super) heartbeat: SocketHeartbeat,
    /// How it ended, as the sessions see it.
    departure: Departure,
}

/// What a new connection starts with.
pub(super) struct NewConnection {
    pub(super) state: AppState,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) protocol: WireProtocol,
    pub(super) home: Option<Topic>,
    pub(super) client: ClientIdentity,
}

impl Connection {
    pub(super) fn new(opening: NewConnection) -> Self {
        let NewConnection { state, handle, protocol, home, client } = opening;
        let limits = MessageLimits::new(&state, handle.address);
        let introduce_seconds = state.config.limits.introduce_seconds;
        Self {
            heartbeat: SocketHeartbeat::new(Duration::from_secs(u64::from(introduce_seconds))),
            state,
            handle,
            home,
            client,
            topics: Subscriptions::new(protocol),
            commands: CommandsInFlight::default(),
            limits,
            departure: Departure::Broken,
        }
    }

    /// Runs until either side closes. Sends the reason when it is this side.
    pub(super) async fn run(mut self: Box<Self>, mut socket: WebSocket) {
        self.departure = match self.serve(&mut socket).await {
            ConnectionEnd::Closed(code) => {
                tracing::debug!(code = code.number(), "socket closed by the server");
                close(&mut socket, code.number(), code.sentence()).await;
                Departure::Closed
            }
            ConnectionEnd::Garbled(code) => {
                tracing::debug!(code, "a client broke the WebSocket protocol");
                close(&mut socket, code, "This is no WebSocket message.").await;
                Departure::Broken
            }
            ConnectionEnd::Left(departure) => departure,
        };
        // Commands in flight are carried out, also when their answers cannot be delivered.
        while self.commands.next().await.is_some() {}
        // Before the socket: a client that sees its end and comes back finds the seat free.
        drop(self);
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> ConnectionEnd {
        loop {
            if let Err(end) = self.write_ready(socket).await {
                return end;
            }
            if let Some(code) = self.handle.closing() {
                if code == CloseCode::Restarting {
                    let last = self.answer_commands(socket);
                    let _ = timeout(LAST_ANSWERS_TIMEOUT, last).await;
                }
                return ConnectionEnd::Closed(code);
            }
            if let Err(end) = self.take_revocation() {
                return end;
            }
            let event = self.next_event(socket).await;
            if let Err(end) = self.handle_event(event, socket).await {
                // What was answered before the end is still useful to the client.
                let _ = self.write_ready(socket).await;
                return end;
            }
        }
    }

    async fn next_event(&mut self, socket: &mut WebSocket) -> ConnectionEvent {
        let deadline = self.deadline();
        let read = self.commands.has_room() && !self.topics.answers_first();
        tokio::select! {
            () = self.handle.woken() => ConnectionEvent::Woken,
            Some(answer) = self.commands.next(), if !self.commands.is_empty() => {
                ConnectionEvent::Answered(Box::new(answer))
            }
            message = socket.recv(), if read => ConnectionEvent::Received(message),
            () = sleep_until(deadline) => ConnectionEvent::Timer,
        }
    }

    async fn handle_event(
        &mut self,
        event: ConnectionEvent,
        socket: &mut WebSocket,
    ) -> Result<(), ConnectionEnd> {
        match event {
            ConnectionEvent::Woken => self.take_role().await,
            ConnectionEvent::Answered(answer) => {
                self.place_answer(*answer);
                Ok(())
            }
            ConnectionEvent::Received(Some(Ok(message))) => self.handle_frame(message).await,
            ConnectionEvent::Received(Some(Err(cause))) => Err(unreadable(cause)),
            ConnectionEvent::Received(None) => Err(ConnectionEnd::Left(Departure::Broken)),
            ConnectionEvent::Timer => self.on_timer(socket).await,
        }
    }

    /// Commands in flight are answered by this process and not by the next one.
    async fn answer_commands(&mut self, socket: &mut WebSocket) -> Result<(), ConnectionEnd> {
        while let Some(answer) = self.commands.next().await {
            self.place_answer(answer);
        }
        self.write_ready(socket).await
    }

    /// Writes until nothing is ready.
    async fn write_ready(&mut self, socket: &mut WebSocket) -> Result<(), ConnectionEnd> {
        loop {
            let next = self.next_parts().map_err(ConnectionEnd::Closed)?;
            if next.parts.is_empty() && next.catch_up.is_empty() {
                return Ok(());
            }
            if !next.parts.is_empty() {
                let frames = super::frames::frames(self.topics.protocol(), next.parts);
                write(socket, frames).await?;
            }
            for request in next.catch_up {
                // Boxed: this is rare, and an idle connection would keep room for it.
                let followed = Box::pin(self.follow(&request, |_| None)).await;
                followed.map_err(|_| ConnectionEnd::Closed(CloseCode::SlowConsumer))?;
            }
        }
    }

    /// Informs Cadence's client that it does not, or no longer, follow a topic.
    pub(super) fn answer_about(&self, id: Option<MessageId>, topic: Topic, error: ErrorBody) {
        let mut envelope = Envelope::bare(ServerMessage::Error(error)).with_id(id);
        envelope.topic = Some(topic).filter(|_| self.topics.is_cadence());
        self.handle.push(encode(&envelope));
    }

    /// Queues an answer.
    pub(super) fn answer(&self, id: Option<MessageId>, result: Result<Outcome, ErrorBody>) {
        self.handle.push(self.topics.answer(id, result));
    }

    /// Queues a message's answer, unless it has a place among the events of a followed topic.
    pub(super) fn place_answer(&mut self, answer: PlacedAnswer) {
        match self.topics.place_answer(answer) {
            Some(text) => self.handle.push(text),
            None => self.handle.wake(),
        }
    }
}

/// Also when the task panics or is aborted: a connection that is gone holds no seat.
impl Drop for Connection {
    fn drop(&mut self) {
        self.leave_all(self.departure);
        self.state.hub.unregister(&self.handle);
    }
}

enum ConnectionEvent {
    Woken,
    Answered(Box<PlacedAnswer>),
    Received(Option<Result<Message, axum::Error>>),
    Timer,
}

/// How a connection ends.
pub(super) enum ConnectionEnd {
    /// This side closes, with a reason.
    Closed(CloseCode),
    /// The other side is gone.
    Left(Departure),
    /// The other side broke the WebSocket protocol itself; the code is one of RFC 6455, 7.4.1.
    Garbled(u16),
}

async fn write(socket: &mut WebSocket, frames: Vec<Message>) -> Result<(), ConnectionEnd> {
    let write = async {
        for frame in frames {
            socket.feed(frame).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_TIMEOUT, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(ConnectionEnd::Left(Departure::Broken)),
        Err(_) => Err(ConnectionEnd::Closed(CloseCode::SlowConsumer)),
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let sent = socket.send(Message::Close(Some(frame)));
    // A client that does not read will not read the reason either.
    let _ = timeout(CLOSE_TIMEOUT, sent).await;
    // The client's own close frame ends the handshake; dropping the socket earlier could lose the
    // reason with it.
    let _ = timeout(CLOSE_TIMEOUT, async { while let Some(Ok(_)) = socket.next().await {} }).await;
}

/// A malformed frame has its own close code; every other failure is the network's.
fn unreadable(cause: axum::Error) -> ConnectionEnd {
    match cause.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Utf8(_)) => ConnectionEnd::Garbled(1007),
        Some(tungstenite::Error::Capacity(_)) => ConnectionEnd::Garbled(1009),
        Some(tungstenite::Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
        )) => ConnectionEnd::Left(Departure::Broken),
        Some(tungstenite::Error::Protocol(_)) => ConnectionEnd::Garbled(1002),
        _ => ConnectionEnd::Left(Departure::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::test_auth, serve::Server, ws::principal::Seat};
    use protocol::{Codec, account::Role, guitar::Presence, topic::TopicRequest};
    use protocol::{ConnectionId, SeatId, SessionId};
    use std::net::Ipv4Addr;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_connection_whose_task_panics_leaves_its_seat_and_the_hub() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = test_auth::config();
        config.database.path = folder.path().join("test.db");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let state = Server::build(config, listener).await.expect("built").state;
        let clock = state.store.clock().server_clock();
        let session = state.hub.open_session(SessionId(Uuid::from_u128(1)), None, &clock);
        let session = session.await.expect("a session");
        let handle = Arc::new(ConnectionHandle::new(
            ConnectionId(Uuid::from_u128(2)),
            Ipv4Addr::LOCALHOST.into(),
        ));
        assert!(state.hub.register(&handle, &state.config.limits));
        let seat = Seat { session: session.id(), id: SeatId::host(session.id()), role: Role::Host };
        let mut connection = Connection::new(NewConnection {
            state: state.clone(),
            handle,
            protocol: WireProtocol::Cadence(Codec::Json),
            home: None,
            client: ClientIdentity::default(),
        });
        connection.client.principal.take_seat(seat);
        let request = TopicRequest::new(session.log().topic, None);
        connection.follow(&request, |_| None).await.expect("followed");
        let presence = || session.snapshot().0.participants.first().map(|p| p.status);
        assert_eq!((state.hub.connections(), presence()), (1, Some(Presence::Connected)));
        let task = tokio::spawn(async move {
            let _held = connection;
            panic!("an unexpected message");
        });
        assert!(task.await.is_err_and(|end| end.is_panic()));
        assert_eq!((state.hub.connections(), presence()), (0, Some(Presence::Away)));
    }
}
