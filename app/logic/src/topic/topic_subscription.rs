//! One topic that a connection follows.

use super::{cursor::TopicCursor, log::TopicLog};
use crate::Monotonic;
use protocol::{MessageId, Topic, server::Outcome};

/// Where a subscription's events come from.
pub trait TopicSource {
    /// An event in its encoded form.
    type Payload: From<String>;

    /// Gives access to the node's log of the topic.
    fn with_log<R>(&self, access: impl FnOnce(&mut TopicLog<Self::Payload>) -> R) -> R;

    /// Another epoch of the log was seen: the node compares its log at once.
    fn suspect(&self);
}

/// What answers a message: its id and the outcome.
pub type Reply = (Option<MessageId>, Outcome);

/// A topic that a connection follows.
#[derive(Debug)]
pub struct TopicSubscription<S> {
    /// The topic.
    pub topic: Topic,
    /// Where its events come from.
    pub source: S,
    /// The host has not allowed this participant yet: it receives nothing.
    pub waiting: bool,
    pub(super) cursor: TopicCursor<Reply>,
    /// The version of the figures that were sent last.
    pub(super) figures_version: u64,
    /// When a snapshot was last sent because of a new epoch.
    pub(super) new_epoch_at: Option<Monotonic>,
}
