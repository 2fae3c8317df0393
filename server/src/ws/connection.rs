//! The loop of a connection: read, decide, write, beat.

use super::{follow::Following, principal::Principal};
use crate::state::AppState;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use cadence_base::rate_limit::{Bucket, Counted};
use cadence_base::sync::lock;
use cadence_config::minutes;
use cadence_realtime::hub::handle::Handle;
use cadence_store::turn::SharedLane;
use futures_util::{FutureExt, SinkExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use logic::presence::Departure;
use protocol::{
    ClientMessage, CloseCode, Codec, Decoded, Envelope, ErrorBody, ErrorCode, Millis, Position,
    ServerMessage, Topic, codec, decode_frame, encode,
    server::{Ack, Outcome},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};
use uuid::Uuid;

/// The server pings this often; hidden browsers answer these too.
const BEAT: Duration = Duration::from_secs(10);
/// A socket that was silent for so long, pongs included, is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// A write that takes longer has a reader that does not read.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// So long before a sign-in ends the client is asked to renew it; earlier than half its life would
/// ask again at once.
const EXPIRY_NOTICE_MS: Millis = 60_000;
/// A sign-in that ended is closed after this grace, so that a renewal under way can arrive.
const EXPIRY_GRACE_MS: Millis = 5_000;
/// Messages in a row that cannot be understood before the connection is closed.
const BAD_MESSAGES: u32 = 5;
/// Messages in a row above the limit before the connection is closed.
const EXCESS_MESSAGES: u32 = 50;
/// A server that stops waits so long for the answers to commands that it has taken.
const LAST_ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// Commands that wait for their commit; beyond, the connection is not read until some are done.
const COMMANDS_UNDER_WAY: usize = 64;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Our own client: batches, offsets, replay.
    Ours(Codec),
    /// `{"type", "data"}`, one frame per message, answers in order.
    Plain,
}

/// A command's answer.
pub(super) struct Answered {
    pub(super) id: Option<Uuid>,
    pub(super) result: Result<Outcome, ErrorBody>,
    pub(super) place: Place,
}

/// Where a command's answer belongs.
pub(super) enum Place {
    /// It became this event just now: in its place.
    Event(Topic, Position),
    /// It was carried out before: not ahead of what stands here.
    Repeat(Topic, Position),
    /// It made no event.
    None,
}

/// What a command's work comes to.
pub(super) type Work = Result<(Outcome, Place), ErrorBody>;

/// One connection.
pub(super) struct Connection {
    pub(super) state: AppState,
    pub(super) handle: Arc<Handle>,
    pub(super) dialect: Dialect,
    /// The topic of the endpoint, for messages that name none.
    pub(super) home: Option<Topic>,
    pub(super) origin: Option<String>,
    /// What the cookies of the handshake prove; taken up by `hello`.
    pub(super) cookies: Principal,
    /// The cookies hold a sign-in that is over: the client can refresh it.
    pub(super) stale_sign_in: bool,
    pub(super) principal: Principal,
    pub(super) introduced: bool,
    pub(super) device: String,
    pub(super) visible: bool,
    pub(super) following: Vec<Following>,
    pub(super) commands: FuturesOrdered<BoxFuture<'static, Answered>>,
    pub(super) order: SharedLane,
    bucket: Arc<Mutex<Bucket>>,
    bad: u32,
    excess: u32,
    last_heard: Instant,
    next_beat: Instant,
    introduce_by: Instant,
    expiry_noticed: bool,
    /// How it ended, as the sessions see it.
    departure: Departure,
}

/// What a new connection begins with.
pub(super) struct Opening {
    pub(super) state: AppState,
    pub(super) handle: Arc<Handle>,
    pub(super) dialect: Dialect,
    pub(super) home: Option<Topic>,
    pub(super) origin: Option<String>,
    pub(super) cookies: Principal,
    pub(super) stale_sign_in: bool,
}

impl Connection {
    pub(super) fn new(opening: Opening) -> Self {
        let Opening { state, handle, dialect, home, origin, cookies, stale_sign_in } = opening;
        let now = Instant::now();
        let introduce = Duration::from_secs(u64::from(state.config.limits.introduce_seconds));
        let bucket = state.buckets.of(Counted::Address(handle.address));
        Self {
            state,
            handle,
            dialect,
            home,
            origin,
            cookies,
            stale_sign_in,
            principal: Principal::default(),
            introduced: false,
            device: "program".to_owned(),
            visible: true,
            following: Vec::new(),
            commands: FuturesOrdered::new(),
            order: SharedLane::default(),
            bucket,
            bad: 0,
            excess: 0,
            last_heard: now,
            next_beat: now + BEAT,
            introduce_by: now + introduce,
            expiry_noticed: false,
            departure: Departure::Broken,
        }
    }

    /// Runs until either side closes. Says why when it is this side.
    pub(super) async fn run(mut self: Box<Self>, mut socket: WebSocket) {
        self.departure = match self.serve(&mut socket).await {
            End::Closed(code) => {
                tracing::debug!(code = code.number(), "socket closed by the server");
                say_goodbye(&mut socket, code.number(), code.sentence()).await;
                Departure::Closed
            }
            End::Garbled(code) => {
                tracing::debug!(code, "a client broke the WebSocket protocol");
                say_goodbye(&mut socket, code, "This is no WebSocket message.").await;
                Departure::Broken
            }
            End::Left(departure) => departure,
        };
        // Commands that were taken are carried out, also when nobody hears the answer.
        while self.commands.next().await.is_some() {}
        // Before the socket: a client that sees its end and comes back finds the place free.
        drop(self);
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> End {
        loop {
            if let Err(end) = self.write_ready(socket).await {
                return end;
            }
            if let Some(code) = self.handle.closing() {
                if code == CloseCode::Restarting {
                    let _ = timeout(LAST_ANSWERS_WITHIN, self.answer_commands(socket)).await;
                }
                return End::Closed(code);
            }
            if let Err(end) = self.take_revocation() {
                return end;
            }
            let deadline = self.deadline();
            let read = self.commands.len() < COMMANDS_UNDER_WAY && !self.answers_first();
            let event = tokio::select! {
                () = self.handle.woken() => Event::Woken,
                Some(answered) = self.commands.next(), if !self.commands.is_empty() => {
                    Event::Answered(Box::new(answered))
                }
                message = socket.recv(), if read => Event::Received(message),
                () = sleep_until(deadline) => Event::Time,
            };
            let result = match event {
                Event::Woken => self.take_role().await,
                Event::Answered(answered) => {
                    self.settle(*answered);
                    Ok(())
                }
                Event::Received(Some(Ok(message))) => self.read(message).await,
                Event::Received(Some(Err(cause))) => Err(unreadable(cause)),
                Event::Received(None) => Err(End::Left(Departure::Broken)),
                Event::Time => self.beat(socket).await,
            };
            if let Err(end) = result {
                // What was answered before the end is still worth reading.
                let _ = self.write_ready(socket).await;
                return end;
            }
        }
    }

    /// Commands that were taken are answered by this process and not by the next one.
    async fn answer_commands(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        while let Some(answered) = self.commands.next().await {
            self.settle(answered);
        }
        self.write_ready(socket).await
    }

    async fn write_ready(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            let frames = self.ready().await.map_err(End::Closed)?;
            if frames.is_empty() {
                return Ok(());
            }
            let write = async {
                for frame in frames {
                    socket.feed(frame).await?;
                }
                socket.flush().await
            };
            match timeout(WRITE_WITHIN, write).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(End::Left(Departure::Broken)),
                Err(_) => return Err(End::Closed(CloseCode::SlowConsumer)),
            }
        }
    }

    async fn read(&mut self, message: Message) -> Result<(), End> {
        self.last_heard = Instant::now();
        match message {
            Message::Text(text) => self.read_frame(text.as_str()).await,
            Message::Binary(bytes) => self.read_bytes(&bytes).await,
            // Nobody would be told to wait: such a flood only ends.
            Message::Ping(_) | Message::Pong(_) => self.count().map(drop),
            Message::Close(frame) => {
                let left = frame.is_none_or(|f| matches!(f.code, 1000 | 1001 | 1005));
                Err(End::Left(if left { Departure::Closed } else { Departure::Broken }))
            }
        }
    }

    /// MessagePack where that was agreed on, and JSON otherwise.
    async fn read_bytes(&mut self, bytes: &[u8]) -> Result<(), End> {
        let limit = self.state.config.limits.frame_bytes;
        if bytes.len() > limit as usize {
            return self.refuse(None, too_large(limit));
        }
        let json = match self.dialect {
            Dialect::Ours(Codec::MessagePack) => codec::unpack(bytes),
            _ => String::from_utf8(bytes.to_vec())
                .map_err(|_| ErrorBody::new(ErrorCode::InvalidJson, "Not UTF-8.")),
        };
        match json {
            Ok(json) => self.read_messages(&json).await,
            Err(error) => self.refuse(None, error),
        }
    }

    async fn read_frame(&mut self, text: &str) -> Result<(), End> {
        let limit = self.state.config.limits.frame_bytes;
        if text.len() > limit as usize {
            return self.refuse(None, too_large(limit));
        }
        self.read_messages(text).await
    }

    async fn read_messages(&mut self, text: &str) -> Result<(), End> {
        for decoded in decode_frame(text, ClientMessage::read) {
            let id = match &decoded {
                Decoded::Message(envelope) => envelope.id,
                Decoded::Refused { id, .. } => *id,
            };
            if let Err(wait_ms) = self.count()? {
                let error = ErrorBody::new(ErrorCode::RateLimited, "Too many messages.");
                self.answer(id, Err(error.retry_after(wait_ms)));
                if let Decoded::Message(envelope) = decoded {
                    self.put_off(envelope)?;
                }
                continue;
            }
            match decoded {
                Decoded::Message(envelope) => {
                    self.bad = 0;
                    // Boxed: an idle connection keeps no room for what a message may need.
                    Box::pin(self.receive(envelope)).await?;
                }
                // A newer client knows more than this server: no reason to part.
                Decoded::Refused { id, error } if error.code == ErrorCode::UnknownType => {
                    self.answer(id, Err(error));
                }
                Decoded::Refused { id, error } => self.refuse(id, error)?,
            }
        }
        Ok(())
    }

    /// A plain client's answers come in order. One that waits for its place, because an event of
    /// another node before it is still on its way, comes before anything else is read.
    fn answers_first(&self) -> bool {
        let mut following = self.following.iter().filter(|following| !following.waiting);
        !self.is_ours() && following.any(|following| following.reader.owes())
    }

    /// Counts a message. Within the limits it may be handled; otherwise this is how many
    /// milliseconds to wait, until it is too much.
    fn count(&mut self) -> Result<Result<(), u64>, End> {
        let taken = lock(&self.bucket).take(std::time::Instant::now());
        self.excess = if taken.is_ok() { 0 } else { self.excess + 1 };
        match self.excess > EXCESS_MESSAGES {
            true => Err(End::Closed(CloseCode::TooManyMessages)),
            false => Ok(taken),
        }
    }

    /// Answers something that could not be understood; five in a row are enough.
    fn refuse(&mut self, id: Option<Uuid>, error: ErrorBody) -> Result<(), End> {
        self.bad += 1;
        self.answer(id, Err(error));
        if self.bad >= BAD_MESSAGES {
            return Err(End::Closed(CloseCode::ProtocolError));
        }
        Ok(())
    }

    /// Tells our client that a topic is not, or no longer, its own.
    pub(super) fn answer_about(&self, id: Option<Uuid>, topic: Topic, error: ErrorBody) {
        let mut envelope = Envelope::bare(ServerMessage::Error(error)).with_id(id);
        envelope.topic = Some(topic).filter(|_| self.is_ours());
        self.handle.push(encode(&envelope));
    }

    /// Queues an answer.
    pub(super) fn answer(&mut self, id: Option<Uuid>, result: Result<Outcome, ErrorBody>) {
        if let (Some(id), false) = (id, result.as_ref().is_err_and(|error| error.retryable)) {
            // Wherever it was refused or carried out: nobody waits for it any more.
            lock(&self.order).answered(id);
            self.following.iter_mut().for_each(|following| following.notes.answered(id));
        }
        let message = match result {
            Ok(result) => ServerMessage::Ack(Ack { result, identity: None }),
            Err(error) => ServerMessage::Error(error),
        };
        self.handle.push(encode(&Envelope::bare(message).with_id(id)));
    }

    /// Queues a command's answer, unless it has a place among the events of a followed topic.
    pub(super) fn settle(&mut self, answered: Answered) {
        let Answered { id, result, place } = answered;
        let (topic, at, repeated) = match place {
            Place::Event(topic, at) => (topic, at, false),
            Place::Repeat(topic, at) => (topic, at, true),
            Place::None => return self.answer(id, result),
        };
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => return self.answer(id, Err(error)),
        };
        let following = self.following.iter_mut().find(|f| f.topic == topic && !f.waiting);
        let left = match following.map(|following| &mut following.reader) {
            Some(reader) if repeated => reader.repeat(&at, (id, outcome)),
            Some(reader) => reader.settle(&at, (id, outcome)),
            None => Some((id, outcome)),
        };
        match left {
            Some((id, outcome)) => self.answer(id, Ok(outcome)),
            None => self.handle.wake(),
        }
    }

    /// The messages of this connection are counted with its user's from now on.
    pub(super) fn count_as(&mut self, user: Uuid) {
        self.bucket = self.state.buckets.of(Counted::User(user));
    }

    // ── time ────────────────────────────────────────────────────────────────────────────────

    fn deadline(&self) -> Instant {
        let introduce = (!self.introduced).then_some(self.introduce_by);
        let expiry = self.principal.staff.as_ref().map(|staff| {
            let lead = if self.expiry_noticed { -EXPIRY_GRACE_MS } else { self.expiry_lead() };
            let wait = (staff.expires_at - lead - self.state.now()).max(0);
            Instant::now() + Duration::from_millis(wait as u64)
        });
        [Some(self.next_beat), introduce, expiry]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_beat)
    }

    async fn beat(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let now = Instant::now();
        if !self.introduced && now >= self.introduce_by {
            return Err(End::Closed(CloseCode::NoIntroduction));
        }
        if let Some(expires_at) = self.principal.staff.as_ref().map(|staff| staff.expires_at) {
            let now = self.state.now();
            if now >= expires_at + EXPIRY_GRACE_MS {
                self.lose_sign_in(CloseCode::SignInRefused)?;
            } else if !self.expiry_noticed && now >= expires_at - self.expiry_lead() {
                self.expiry_noticed = true;
                let notice = ServerMessage::AuthExpiring { expires_at };
                self.handle.push(encode(&Envelope::bare(notice)));
            }
        }
        if now >= self.next_beat {
            self.next_beat = now + BEAT;
            // One that is not read cannot be heard; a dead one does not take the ping.
            if now - self.last_heard > SILENCE && !self.answers_first() {
                return Err(End::Left(Departure::Broken));
            }
            let ping = socket.send(Message::Ping(Bytes::new()));
            if !matches!(timeout(WRITE_WITHIN, ping).await, Ok(Ok(()))) {
                return Err(End::Left(Departure::Broken));
            }
        }
        Ok(())
    }

    fn expiry_lead(&self) -> Millis {
        let life = minutes(self.state.config.auth.access_minutes);
        EXPIRY_NOTICE_MS.min(life / 2)
    }

    /// The sign-in was renewed: the next notice is due before its new end.
    pub(super) fn expiry_moved(&mut self) {
        self.expiry_noticed = false;
    }

    /// Carries a command out beside the reading of further ones; a plain client's answers come
    /// in order, so its commands run one after the other.
    pub(super) async fn run_command(&mut self, command: BoxFuture<'static, Answered>) {
        match self.dialect {
            Dialect::Ours(_) => self.commands.push_back(command),
            Dialect::Plain => {
                let answered = command.await;
                self.settle(answered);
            }
        }
    }

    /// A command from its parts.
    pub(super) fn command<F>(id: Option<Uuid>, work: F) -> BoxFuture<'static, Answered>
    where
        F: Future<Output = Work> + Send + 'static,
    {
        async move {
            match work.await {
                Ok((outcome, place)) => Answered { id, result: Ok(outcome), place },
                Err(error) => Answered { id, result: Err(error), place: Place::None },
            }
        }
        .boxed()
    }
}

/// Also when the task panics or is aborted: a connection that is gone holds no place.
impl Drop for Connection {
    fn drop(&mut self) {
        self.unfollow_all(self.departure);
        self.state.hub.unregister(&self.handle);
    }
}

enum Event {
    Woken,
    Answered(Box<Answered>),
    Received(Option<Result<Message, axum::Error>>),
    Time,
}

/// How a connection ends.
pub(super) enum End {
    /// This side closes, with a reason.
    Closed(CloseCode),
    /// The other side is gone.
    Left(Departure),
    /// The other side broke the WebSocket protocol itself; the code is one of RFC 6455, 7.4.1.
    Garbled(u16),
}

async fn say_goodbye(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let goodbye = socket.send(Message::Close(Some(frame)));
    // A reader that does not read will not read the reason either.
    let _ = timeout(Duration::from_secs(1), goodbye).await;
    // The client's own close frame ends the handshake; dropping the socket earlier could lose the
    // reason with it.
    let _ =
        timeout(Duration::from_secs(1), async { while let Some(Ok(_)) = socket.next().await {} })
            .await;
}

/// A frame that is none has its own code; everything else is the network's end.
fn unreadable(cause: axum::Error) -> End {
    match cause.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Utf8(_)) => End::Garbled(1007),
        Some(tungstenite::Error::Capacity(_)) => End::Garbled(1009),
        Some(tungstenite::Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
        )) => End::Left(Departure::Broken),
        Some(tungstenite::Error::Protocol(_)) => End::Garbled(1002),
        _ => End::Left(Departure::Broken),
    }
}

fn too_large(limit: u32) -> ErrorBody {
    ErrorBody::new(ErrorCode::TooLarge, format!("A frame may have at most {limit} bytes."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::test_auth, serve::Server, ws::principal::Seat};
    use protocol::{account::Role, guitar::Presence, topic::TopicRequest};
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn a_connection_whose_task_panics_leaves_its_seat_and_the_hub() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = test_auth::config();
        config.database.path = folder.path().join("test.db");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let state = Server::build(config, listener).await.expect("built").state;
        let session = state.hub.open_session(Uuid::from_u128(1), None, state.store.clock());
        let session = session.await.expect("a session");
        let handle = Arc::new(Handle::new(Uuid::from_u128(2), Ipv4Addr::LOCALHOST.into()));
        assert!(state.hub.register(&handle, &state.config.limits));
        let seat = Seat { session: session.id, id: session.id, role: Role::Host };
        let mut connection = Connection::new(Opening {
            state: state.clone(),
            handle,
            dialect: Dialect::Ours(Codec::Json),
            home: None,
            origin: None,
            cookies: Principal::default(),
            stale_sign_in: false,
        });
        connection.principal.take_seat(seat);
        let request = TopicRequest::new(session.log.topic, None);
        connection.follow(&request, |_| None).await.expect("followed");
        let presence = || session.snapshot().0.participants.first().map(|p| p.status);
        assert_eq!((state.hub.connections(), presence()), (1, Some(Presence::Connected)));
        let task = tokio::spawn(async move {
            let _held = connection;
            panic!("a message that nobody thought of");
        });
        assert!(task.await.is_err_and(|end| end.is_panic()));
        assert_eq!((state.hub.connections(), presence()), (0, Some(Presence::Away)));
    }
}
