//! What nodes share besides the database: the logs of guitar sessions and the bus, in
//! Redis (or Valkey), one server or a cluster.
//!
//! - [`session.lua`](../../src/broker/session.lua): every change of a session's log, in one step
//! - [`event_json`]: an event as JSON
//! - [`bus`]: messages of other nodes
//!
//! Redis may be lost: a session's log then begins a new epoch, and nothing durable is in it. This
//! module uses neither sockets of clients nor a database.

mod bus;
mod event_json;

use crate::hub::log::new_epoch;
use anyhow::Context;
use bus::{MessageBus, MessageHandler};
use cadence_base::time::mono;
use event_json::{read_event, write_event};
use logic::{presence::Seats, topic::TopicEvent};
use protocol::{ErrorBody, ErrorCode, Millis, Position, ServerMessage, SessionId};
use redis::{
    Client, ErrorKind, FromRedisValue, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};
use uuid::Uuid;

/// A broker that has not answered by then is away: a strum waits no longer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a broker that was away is not asked, in milliseconds; then one caller tries.
const AWAY_MS: i64 = 300;
/// How often the log names what it refuses, in milliseconds.
const WARN_EVERY_MS: i64 = 10_000;
/// How long the other callers wait while one tries, in milliseconds.
const TRIAL_MS: i64 = 1_000;
/// One node of a cluster that is silent must not keep the others from being found.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(150);
/// A session's keys expire after so long without a change; its record is in the database.
const KEY_EXPIRY_MS: u64 = 60 * 60 * 1_000;
/// A node that has not renewed its lease for so long is dead.
const LEASE_MS: u64 = 15_000;
/// Events of one reading; a node that missed more goes on from the end.
const MAX_EVENTS_PER_READ: usize = 1_000;

/// The way to the broker; clones share its connections.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<BrokerState>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("node", &self.inner.node).finish_non_exhaustive()
    }
}

struct BrokerState {
    /// This process. A restart is another node.
    node: Uuid,
    prefix: String,
    log_length: usize,
    script: Script,
    commands: CommandConnection,
    bus: MessageBus,
    /// When a broker that was away is asked again, on the clock that never jumps; 0 while it is
    /// there.
    again_at: AtomicI64,
    /// When the next refusal may be put into the log, on the same clock.
    warn_at: AtomicI64,
}

enum CommandConnection {
    Single(ConnectionManager),
    // A cluster is asked for its shape first, which fails while it is away.
    Cluster(Box<LazyCluster>),
}

struct LazyCluster {
    client: ClusterClient,
    connection: Mutex<Option<ClusterConnection>>,
}

/// What came of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It stands there now.
    New(Position),
    /// The same message was appended before, there.
    Repeated(Position),
    /// Its id was appended before with other content.
    Conflict,
    /// The seats changed since they were read: nothing was appended.
    Outdated,
}

/// Identifies a message that is sent again; an empty id identifies none.
#[derive(Debug, Clone, Copy)]
pub struct MessageKey<'a> {
    /// Of the message.
    pub id: &'a str,
    /// A hash of its content; empty where the id alone decides.
    pub content: &'a str,
}

/// A session's log as it was read.
#[derive(Debug)]
pub struct StreamReading {
    /// The log's end.
    pub end: Position,
    /// The events after the position that was asked about; `None` when one of them is of a newer
    /// version.
    pub events: Option<Vec<(u64, TopicEvent)>>,
    /// The newest message of each kind, in the order of their offsets: the state at the end.
    pub last: Vec<ServerMessage>,
}

/// The devices of a session on all nodes.
#[derive(Debug)]
pub struct AllSeats {
    /// Where the log ends.
    pub end: Position,
    /// Changes with every change of any node's devices.
    pub version: String,
    /// Each node's.
    pub nodes: Vec<Seats>,
}

/// The broker did not answer, or not in a way that this version understands.
#[derive(Debug, thiserror::Error)]
#[error("the broker is away: {0}")]
pub struct BrokerAway(String);

impl BrokerAway {
    /// Nothing was appended, because of a condition that was not even set.
    pub(crate) fn outdated() -> Self {
        Self("an append was refused".to_owned())
    }
}

impl From<redis::RedisError> for BrokerAway {
    fn from(cause: redis::RedisError) -> Self {
        Self(cause.to_string())
    }
}

impl From<BrokerAway> for ErrorBody {
    /// The error for a client; the cause goes to the log.
    fn from(cause: BrokerAway) -> Self {
        tracing::debug!(%cause);
        let text = "Players on several servers cannot be reached. Try again in a moment.";
        ErrorBody::new(ErrorCode::BrokerUnavailable, text).retry_after(500)
    }
}

impl Broker {
    /// A broker at these addresses; several are a cluster. It need not be there yet.
    pub fn new(
        addresses: &[&str],
        prefix: &str,
        log_length: usize,
        received: impl Fn(&str, &str) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let open = |address: &&str| Client::open(*address).context("an address of the broker");
        let clients = addresses.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let commands = match &clients[..] {
            [only] => {
                let config = ConnectionManagerConfig::new()
                    .set_max_delay(Duration::from_millis(500))
                    .set_connection_timeout(Some(ANSWER_TIMEOUT))
                    .set_response_timeout(Some(ANSWER_TIMEOUT));
                CommandConnection::Single(ConnectionManager::new_lazy_with_config(
                    only.clone(),
                    config,
                )?)
            }
            _ => CommandConnection::Cluster(Box::new(LazyCluster {
                client: ClusterClientBuilder::new(addresses.iter().copied())
                    .connection_timeout(CONNECT_TIMEOUT)
                    .response_timeout(ANSWER_TIMEOUT)
                    .build()?,
                connection: Mutex::new(None),
            })),
        };
        let prefix = prefix.to_owned();
        let handler: MessageHandler = {
            let prefix = format!("{prefix}:");
            Arc::new(move |channel, text| {
                if let Some(channel) = channel.strip_prefix(&prefix) {
                    received(channel, text);
                }
            })
        };
        let inner = BrokerState {
            node: Uuid::now_v7(),
            prefix,
            log_length,
            script: Script::new(include_str!("session.lua")),
            commands,
            bus: MessageBus::start(clients, handler),
            again_at: AtomicI64::new(0),
            warn_at: AtomicI64::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// This process's id among the nodes.
    pub fn node(&self) -> Uuid {
        self.inner.node
    }

    /// Receives the messages of a channel from about now on.
    pub fn follow(&self, channel: &str) {
        self.inner.bus.follow(self.channel(channel));
    }

    /// The same until the answer is dropped.
    pub(crate) fn follow_for_now(&self, channel: &str) -> FollowedChannel {
        self.follow(channel);
        FollowedChannel { broker: self.clone(), channel: channel.to_owned(), kept: false }
    }

    /// Takes one [`Broker::follow`] back.
    pub fn leave(&self, channel: &str) {
        self.inner.bus.leave(self.channel(channel));
    }

    /// The bus message about an event at its place.
    pub(crate) fn bus_message(&self, at: &Position, event: &TopicEvent) -> String {
        format!("{} {} {}", at.epoch, at.offset, write_event(self.inner.node, event))
    }

    /// Publishes a text to all nodes that follow a channel.
    pub async fn publish(&self, channel: &str, text: &str) -> Result<(), BrokerAway> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(self.channel(channel)).arg(text);
        self.ask(async |commands| match commands {
            CommandConnection::Single(manager) => command.query_async(&mut manager.clone()).await,
            CommandConnection::Cluster(cluster) => {
                command.query_async(&mut cluster.get().await?).await
            }
        })
        .await
    }

    /// Appends an event of this node to a session's log, once per message id, and publishes it to
    /// the others. With `version`, only while the seats are still those that were read.
    pub async fn append(
        &self,
        session: SessionId,
        seen: &Position,
        message: MessageKey<'_>,
        event: &TopicEvent,
        version: Option<&str>,
    ) -> Result<AppendOutcome, BrokerAway> {
        let mut step = self.step(session, "append", seen);
        step.arg(message.id)
            .arg(kind_of(&event.message))
            .arg(write_event(self.inner.node, event))
            .arg(self.inner.log_length)
            .arg(self.channel(&session.to_string()))
            .arg(version.unwrap_or(""))
            .arg(message.content);
        let (epoch, offset, how): (String, u64, String) = self.run(&step).await?;
        let at = Position { epoch, offset };
        Ok(match how.as_str() {
            "new" => AppendOutcome::New(at),
            "repeated" => AppendOutcome::Repeated(at),
            "conflict" => AppendOutcome::Conflict,
            _ => AppendOutcome::Outdated,
        })
    }

    /// Where a session's log ends, and what stands there after a position.
    pub async fn read(
        &self,
        session: SessionId,
        seen: &Position,
    ) -> Result<StreamReading, BrokerAway> {
        let mut step = self.step(session, "read", seen);
        step.arg(MAX_EVENTS_PER_READ);
        type StreamEntry = (String, (String, String));
        let (epoch, offset, events, last): (String, u64, Vec<StreamEntry>, Vec<(String, String)>) =
            self.run(&step).await?;
        let event = |(id, (_, text)): StreamEntry| {
            let offset = id.split_once('-')?.0.parse().ok()?;
            Some((offset, read_event(&text)?.1))
        };
        let mut last: Vec<(u64, ServerMessage)> = last
            .into_iter()
            .filter_map(|(_, text)| {
                let (offset, text) = text.split_once(' ')?;
                Some((offset.parse().ok()?, read_event(text)?.1.message))
            })
            .collect();
        last.sort_by_key(|(offset, _)| *offset);
        Ok(StreamReading {
            end: Position { epoch, offset },
            events: events.into_iter().map(event).collect(),
            last: last.into_iter().map(|(_, message)| message).collect(),
        })
    }

    /// Reports which devices this node has, renews its lease, and returns those of all nodes. The
    /// devices of a node whose lease is over have all broken off.
    pub async fn seats(
        &self,
        session: SessionId,
        seen: &Position,
        mine: &Seats,
        now: Millis,
    ) -> Result<AllSeats, BrokerAway> {
        let mut step = self.step(session, "seats", seen);
        // Types of ours: writing them as JSON cannot fail.
        let text = serde_json::to_string(mine).unwrap_or_default();
        step.arg(self.inner.node.to_string()).arg(text).arg(LEASE_MS);
        type SeatsReply = (String, u64, String, Millis, Vec<(String, String)>);
        let (epoch, offset, version, clock, nodes): SeatsReply = self.run(&step).await?;
        let seats = |(_, text): (String, String)| {
            let (until, seats) = text.split_once(' ')?;
            let until: Millis = until.parse().ok()?;
            let mut seats: Seats = serde_json::from_str(seats).ok()?;
            if until < clock {
                // The broker's clock and this node's may differ.
                seats.break_all(now - (clock - until));
            }
            Some(seats)
        };
        let nodes = nodes.into_iter().filter_map(seats).collect();
        Ok(AllSeats { end: Position { epoch, offset }, version, nodes })
    }

    fn step(&self, session: SessionId, op: &str, seen: &Position) -> ScriptInvocation<'_> {
        let key = |part: &str| format!("{}:{{{session}}}:{part}", self.inner.prefix);
        let mut step = self.inner.script.prepare_invoke();
        for part in ["life", "log", "last", "ids", "seats", "words"] {
            step.key(key(part));
        }
        step.arg(op).arg(&seen.epoch).arg(seen.offset).arg(new_epoch()).arg(KEY_EXPIRY_MS);
        step
    }

    async fn run<T: FromRedisValue>(&self, step: &ScriptInvocation<'_>) -> Result<T, BrokerAway> {
        let answer: redis::Value = self
            .ask(async |commands| match commands {
                CommandConnection::Single(manager) => step.invoke_async(&mut manager.clone()).await,
                CommandConnection::Cluster(cluster) => {
                    step.invoke_async(&mut cluster.get().await?).await
                }
            })
            .await?;
        redis::from_redis_value(answer).map_err(|cause| self.refused(&cause))
    }

    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&CommandConnection) -> redis::RedisResult<T>,
    ) -> Result<T, BrokerAway> {
        // Every message of every connection would wait for its own time to run out.
        let (again_at, now) = (self.inner.again_at.load(Ordering::Relaxed), mono().as_ms());
        if again_at > now {
            return Err(BrokerAway("it was away a moment ago".to_owned()));
        }
        if again_at > 0 {
            let trial = self.inner.again_at.compare_exchange(
                again_at,
                now + TRIAL_MS,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if trial.is_err() {
                return Err(BrokerAway("another caller tries".to_owned()));
            }
        }
        let (answers, answer) = match timeout(ANSWER_TIMEOUT, question(&self.inner.commands)).await
        {
            Ok(Ok(answer)) => (true, Ok(answer)),
            // A refusal about one session does not mean that the broker is away.
            Ok(Err(cause))
                if matches!(cause.kind(), ErrorKind::Server(_) | ErrorKind::Extension) =>
            {
                (true, Err(self.refused(&cause)))
            }
            Ok(Err(cause)) => (false, Err(BrokerAway::from(cause))),
            Err(_) => (false, Err(BrokerAway("no answer".to_owned()))),
        };
        let again_at = if answers { 0 } else { mono().as_ms() + AWAY_MS };
        self.inner.again_at.store(again_at, Ordering::Relaxed);
        answer
    }

    /// It answers with an error, which the operator should see, but not with every note.
    fn refused(&self, cause: &dyn std::fmt::Display) -> BrokerAway {
        let now = mono().as_ms();
        if self.inner.warn_at.load(Ordering::Relaxed) <= now {
            self.inner.warn_at.store(now + WARN_EVERY_MS, Ordering::Relaxed);
            tracing::warn!(%cause, "the broker refused a step of a session");
        }
        BrokerAway(cause.to_string())
    }

    fn channel(&self, name: &str) -> String {
        format!("{}:{name}", self.inner.prefix)
    }
}

/// A channel that is followed for as long as this lives, or for good.
pub struct FollowedChannel {
    broker: Broker,
    channel: String,
    kept: bool,
}

impl FollowedChannel {
    /// Until [`Broker::leave`].
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for FollowedChannel {
    fn drop(&mut self) {
        if !self.kept {
            self.broker.leave(&self.channel);
        }
    }
}

impl LazyCluster {
    async fn get(&self) -> redis::RedisResult<ClusterConnection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        Ok(connection.insert(self.client.get_async_connection().await?).clone())
    }
}

/// Under which name the newest message of its kind is kept; empty for what changes nothing that
/// lasts. Chord and single frets replace each other.
fn kind_of(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Note(note) if note.is_momentary() => String::new(),
        ServerMessage::Note(_) => "hand".to_owned(),
        ServerMessage::PracticeUpdate(_) => "practice".to_owned(),
        ServerMessage::ConnectionUpdate(participant) => format!("seat:{}", participant.user_id),
        // Not events of a guitar session.
        ServerMessage::Welcome(_)
        | ServerMessage::Ack(_)
        | ServerMessage::Error(_)
        | ServerMessage::Pong { .. }
        | ServerMessage::Snapshot(_)
        | ServerMessage::AuthExpiring { .. }
        | ServerMessage::ServerRestart { .. }
        | ServerMessage::MemberCheckedIn { .. }
        | ServerMessage::MemberCheckedOut(_)
        | ServerMessage::CheckInUndone { .. }
        | ServerMessage::MemberRefused(_)
        | ServerMessage::InitialStats(_)
        | ServerMessage::StatsUpdate(_) => String::new(),
    }
}

/// Reads a bus message: where the event stands, the node that made it, and the event.
pub(crate) fn parse_bus_message(text: &str) -> Option<(Position, Uuid, TopicEvent)> {
    let mut parts = text.splitn(3, ' ');
    let (epoch, offset, text) = (parts.next()?, parts.next()?, parts.next()?);
    let (node, event) = read_event(text)?;
    Some((Position { epoch: epoch.to_owned(), offset: offset.parse().ok()? }, node, event))
}
