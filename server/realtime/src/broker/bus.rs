//! What other nodes say, as it comes: hints that may be late, doubled or lost.
//!
//! One connection of its own listens. It uses Redis' plain publish and subscribe, which a cluster
//! carries to every node: sharded channels would spare traffic, but a client has to notice itself
//! when one moves, and what is lost here is read from the log anyway.

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
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How often a connection that is listened to is asked whether it still is one.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Channels of one question; a session is one.
const AT_ONCE: usize = 500;
/// Between two attempts to listen.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What somebody said: the channel, and the text.
pub(super) type Heard = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// The way to the listening task, which ends with the last clone.
#[derive(Clone, Debug)]
pub(super) struct Bus {
    wishes: UnboundedSender<Wish>,
}

#[derive(Debug)]
enum Wish {
    Follow(String),
    Leave(String),
}

/// How many need each channel: two may open one session at once, and one of them give up.
#[derive(Debug, Default)]
struct Channels(HashMap<String, u32>);

impl Channels {
    /// Counts; true when the server has to be told.
    fn note(&mut self, wish: &Wish) -> bool {
        match wish {
            Wish::Follow(channel) => {
                let needed = self.0.entry(channel.clone()).or_insert(0);
                *needed += 1;
                *needed == 1
            }
            Wish::Leave(channel) => match self.0.get_mut(channel) {
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

impl Bus {
    /// Listens through whichever of these servers answers.
    pub(super) fn start(clients: Vec<Client>, heard: Heard) -> Self {
        let (wishes, coming) = unbounded_channel();
        tokio::spawn(listen(clients, coming, heard));
        Self { wishes }
    }

    /// Hears a channel from about now on, until [`Bus::leave`] was called as often.
    pub(super) fn follow(&self, channel: String) {
        // The task lives as long as this sender.
        let _ = self.wishes.send(Wish::Follow(channel));
    }

    /// Takes one [`Bus::follow`] back.
    pub(super) fn leave(&self, channel: String) {
        let _ = self.wishes.send(Wish::Leave(channel));
    }
}

async fn listen(clients: Vec<Client>, mut wishes: UnboundedReceiver<Wish>, heard: Heard) {
    let mut channels = Channels::default();
    let mut away = false;
    for client in clients.iter().cycle() {
        match connect(client, &channels).await {
            Ok(connection) => {
                if std::mem::take(&mut away) {
                    tracing::info!("the broker can be heard again");
                }
                if !converse(connection, &mut channels, &mut wishes, &heard).await {
                    return;
                }
            }
            Err(cause) if !away => {
                away = true;
                tracing::warn!(%cause, "the broker cannot be heard");
            }
            Err(_) => {}
        }
        // What is wished meanwhile is followed on the next connection.
        tokio::time::sleep(AGAIN_AFTER).await;
        while let Ok(wish) = wishes.try_recv() {
            channels.note(&wish);
        }
    }
}

async fn connect(client: &Client, channels: &Channels) -> redis::RedisResult<PubSub> {
    let mut connection = within(client.get_async_pubsub()).await?;
    let channels: Vec<&String> = channels.0.keys().collect();
    for some in channels.chunks(AT_ONCE) {
        within(connection.subscribe(some)).await?;
    }
    Ok(connection)
}

/// An answer that takes too long is none.
async fn within<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    timeout(ANSWER_WITHIN, answer).await.unwrap_or_else(|_| Err(silent()))
}

/// Until the connection breaks: true. Nobody needs it any more: false.
async fn converse(
    connection: PubSub,
    channels: &mut Channels,
    wishes: &mut UnboundedReceiver<Wish>,
    heard: &Heard,
) -> bool {
    let (mut sink, mut messages) = connection.split();
    let mut beats = tokio::time::interval(ASK_EVERY);
    loop {
        tokio::select! {
            // A connection that was lost without a word would be silent for ever.
            _ = beats.tick() => {
                if within(sink.ping::<redis::Value>()).await.is_err() {
                    return true;
                }
            }
            message = messages.next() => {
                let Some(message) = message else { return true };
                if let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) {
                    heard(message.get_channel_name(), text);
                }
            }
            wish = wishes.recv() => {
                let Some(wish) = wish else { return false };
                if channels.note(&wish) && within(carry_out(&mut sink, &wish)).await.is_err() {
                    return true;
                }
            }
        }
    }
}

async fn carry_out(sink: &mut PubSubSink, wish: &Wish) -> redis::RedisResult<()> {
    match wish {
        Wish::Follow(channel) => sink.subscribe(channel).await,
        Wish::Leave(channel) => sink.unsubscribe(channel).await,
    }
}

fn silent() -> redis::RedisError {
    (redis::ErrorKind::Io, "no answer").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_left_when_nobody_needs_it_any_more() {
        let mut channels = Channels::default();
        let (follow, leave) = (|| Wish::Follow("a".into()), || Wish::Leave("a".into()));
        let told = [follow(), follow(), leave(), leave(), leave(), follow()]
            .map(|wish| channels.note(&wish));
        assert_eq!(told, [true, false, false, true, false, true]);
    }
}
