//! Messages of other nodes as they come: copies of events and decisions that may be late, doubled or lost.
//!
//! They arrive on a connection of their own. It uses Redis' plain publish and subscribe, which a
//! cluster carries to every node: sharded channels would spare traffic, but a client has to notice
//! itself when one moves, and what is lost here is read from the log anyway.

use futures_util::StreamExt;
use redis::{
    Client,
    aio::{PubSub, PubSubSink},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

/// A server that has not answered by then is away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the connection is pinged, so that a dead one is noticed.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// Channels of one SUBSCRIBE; a session is one.
const CHANNELS_PER_SUBSCRIBE: usize = 500;
/// Between two attempts to connect.
const RECONNECT_DELAY: Duration = Duration::from_millis(250);

/// Called with the channel and the text of each message.
pub(super) type MessageHandler = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// The way to the listening task, which ends with the last clone.
#[derive(Clone, Debug)]
pub(super) struct MessageBus {
    requests: UnboundedSender<ChannelRequest>,
}

#[derive(Debug)]
enum ChannelRequest {
    Follow(String),
    Leave(String),
}

/// How many need each channel: two may open one session at once, and one of them give up.
#[derive(Debug, Default)]
struct ChannelCounts(HashMap<String, u32>);

impl ChannelCounts {
    /// Counts a request; true when it has to be sent to the server.
    fn note(&mut self, request: &ChannelRequest) -> bool {
        match request {
            ChannelRequest::Follow(channel) => {
                let needed = self.0.entry(channel.clone()).or_insert(0);
                *needed += 1;
                *needed == 1
            }
            ChannelRequest::Leave(channel) => match self.0.get_mut(channel) {
                Some(needed) if *needed > 1 => {
                    *needed -= 1;
                    false
                }
                Some(_) => self.0.remove(channel).is_some(),
                None => false,
            },
        }
    }
}

impl MessageBus {
    /// Receives through whichever of these servers answers.
    pub(super) fn start(clients: Vec<Client>, received: MessageHandler) -> Self {
        let (requests, coming) = unbounded_channel();
        tokio::spawn(listen(clients, coming, received));
        Self { requests }
    }

    /// Receives a channel from about now on, until [`MessageBus::leave`] was called as often.
    pub(super) fn follow(&self, channel: String) {
        // The task lives as long as this sender.
        let _ = self.requests.send(ChannelRequest::Follow(channel));
    }

    /// Takes one [`MessageBus::follow`] back.
    pub(super) fn leave(&self, channel: String) {
        let _ = self.requests.send(ChannelRequest::Leave(channel));
    }
}

async fn listen(
    clients: Vec<Client>,
    mut requests: UnboundedReceiver<ChannelRequest>,
    received: MessageHandler,
) {
    let mut channels = ChannelCounts::default();
    let mut away = false;
    for client in clients.iter().cycle() {
        match connect(client, &channels).await {
            Ok(connection) => {
                if std::mem::take(&mut away) {
                    tracing::info!("messages of other nodes are received again");
                }
                if !converse(connection, &mut channels, &mut requests, &received).await {
                    return;
                }
            }
            Err(cause) if !away => {
                away = true;
                tracing::warn!(%cause, "messages of other nodes cannot be received");
            }
            Err(_) => {}
        }
        // Requests that come meanwhile count for the next connection.
        tokio::time::sleep(RECONNECT_DELAY).await;
        while let Ok(request) = requests.try_recv() {
            channels.note(&request);
        }
    }
}

async fn connect(client: &Client, channels: &ChannelCounts) -> redis::RedisResult<PubSub> {
    let mut connection = within(client.get_async_pubsub()).await?;
    let channels: Vec<&String> = channels.0.keys().collect();
    for some in channels.chunks(CHANNELS_PER_SUBSCRIBE) {
        within(connection.subscribe(some)).await?;
    }
    Ok(connection)
}

/// Maps a timeout to an I/O error.
async fn within<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    timeout(ANSWER_TIMEOUT, answer).await.unwrap_or_else(|_| Err(silent()))
}

/// Receives until the connection breaks (true) or its last user is gone (false).
async fn converse(
    connection: PubSub,
    channels: &mut ChannelCounts,
    requests: &mut UnboundedReceiver<ChannelRequest>,
    received: &MessageHandler,
) -> bool {
    let (mut sink, mut messages) = connection.split();
    let mut pings = tokio::time::interval(PING_INTERVAL);
    loop {
        tokio::select! {
            // Without a ping a connection that was cut without a FIN would stay open for ever.
            _ = pings.tick() => {
                if within(sink.ping::<redis::Value>()).await.is_err() {
                    return true;
                }
            }
            message = messages.next() => {
                let Some(message) = message else { return true };
                if let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) {
                    received(message.get_channel_name(), text);
                }
            }
            request = requests.recv() => {
                let Some(request) = request else { return false };
                if channels.note(&request) && within(carry_out(&mut sink, &request)).await.is_err() {
                    return true;
                }
            }
        }
    }
}

async fn carry_out(sink: &mut PubSubSink, request: &ChannelRequest) -> redis::RedisResult<()> {
    match request {
        ChannelRequest::Follow(channel) => sink.subscribe(channel).await,
        ChannelRequest::Leave(channel) => sink.unsubscribe(channel).await,
    }
}

fn silent() -> redis::RedisError {
    (redis::ErrorKind::Io, "no answer").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_left_with_its_last_follower() {
        let mut channels = ChannelCounts::default();
        let (follow, leave) =
            (|| ChannelRequest::Follow("a".into()), || ChannelRequest::Leave("a".into()));
        let sent = [follow(), follow(), leave(), leave(), leave(), follow()]
            .map(|request| channels.note(&request));
        assert_eq!(sent, [true, false, false, true, false, true]);
    }
}
