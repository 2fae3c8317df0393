//! The topics that this page follows, and what the server has answered about each.

use super::{inbox::LogEntry, page_cursor::PageCursor};
use protocol::{MessageId, Position, Topic, gym::Stats, topic::TopicRequest};
use std::collections::VecDeque;

/// A followed topic.
#[derive(Debug, Default)]
pub(super) struct FollowedTopic {
    pub(super) cursor: PageCursor<LogEntry>,
    /// `hello` asked for it. A topic that is followed while `hello` is on its way gets a
    /// `subscribe` of its own.
    pub(super) named_in_hello: bool,
    /// The server has answered on this connection.
    pub(super) answered: bool,
    /// A `resync` is on its way.
    pub(super) resync_sent: bool,
    /// Events up to this offset are a replay.
    pub(super) replay_until: u64,
    /// Figures that include more events than have come yet.
    pub(super) early_stats: Option<Stats>,
}

/// All followed topics, and the `subscribe` messages without an answer.
#[derive(Debug, Default)]
pub(super) struct FollowedTopics {
    /// Each topic once. They are few.
    topics: Vec<(Topic, FollowedTopic)>,
    unanswered: VecDeque<(MessageId, Topic)>,
}

impl FollowedTopics {
    /// Follows a topic from a position. Following it again discards its state.
    pub(super) fn follow(&mut self, topic: Topic, from: Option<Position>) {
        let cursor = PageCursor::at(from);
        let followed = FollowedTopic { cursor, ..FollowedTopic::default() };
        match self.get_mut(topic) {
            Some(known) => *known = followed,
            None => self.topics.push((topic, followed)),
        }
    }

    pub(super) fn unfollow(&mut self, topic: Topic) {
        self.topics.retain(|(known, _)| *known != topic);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub(super) fn get(&self, topic: Topic) -> Option<&FollowedTopic> {
        self.topics.iter().find(|(known, _)| *known == topic).map(|(_, followed)| followed)
    }

    pub(super) fn get_mut(&mut self, topic: Topic) -> Option<&mut FollowedTopic> {
        self.topics.iter_mut().find(|(known, _)| *known == topic).map(|(_, followed)| followed)
    }

    /// Whether the server has answered about a topic on this connection.
    pub(super) fn is_answered(&self, topic: Topic) -> bool {
        self.get(topic).is_some_and(|followed| followed.answered)
    }

    /// What `hello` asks for: every topic from its position.
    pub(super) fn hello_requests(&mut self) -> Vec<TopicRequest> {
        let request = |(topic, followed): &mut (Topic, FollowedTopic)| {
            followed.named_in_hello = true;
            followed.answered = false;
            followed.resync_sent = false;
            TopicRequest::new(*topic, followed.cursor.position())
        };
        self.topics.iter_mut().map(request).collect()
    }

    /// The topics that `hello` did not ask for.
    pub(super) fn not_in_hello(&self) -> Vec<Topic> {
        let new = self.topics.iter().filter(|(_, followed)| !followed.named_in_hello);
        new.map(|(topic, _)| *topic).collect()
    }

    /// A new connection: earlier questions have no answer any more.
    pub(super) fn forget_unanswered(&mut self) {
        self.unanswered.clear();
    }

    /// The request of a `subscribe` for a followed topic.
    pub(super) fn subscribe_request(&mut self, topic: Topic) -> Option<TopicRequest> {
        let followed = self.get_mut(topic)?;
        followed.answered = false;
        followed.resync_sent = false;
        Some(TopicRequest::new(topic, followed.cursor.position()))
    }

    /// A `subscribe` was sent under this id.
    pub(super) fn await_answer(&mut self, id: MessageId, topic: Topic) {
        self.unanswered.push_back((id, topic));
    }

    /// The topic of the `subscribe` that an answer is about.
    pub(super) fn take_answered(&mut self, id: MessageId) -> Option<Topic> {
        let place = self.unanswered.iter().position(|(asked, _)| *asked == id)?;
        self.unanswered.remove(place).map(|(_, topic)| topic)
    }

    /// The request of a `resync`, unless one is on its way already.
    pub(super) fn resync_request(&mut self, topic: Topic) -> Option<TopicRequest> {
        let followed = self.get_mut(topic).filter(|followed| !followed.resync_sent)?;
        followed.resync_sent = true;
        Some(TopicRequest::new(topic, followed.cursor.position()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_is_followed_again_is_there_once_and_begins_anew() {
        let mut topics = FollowedTopics::default();
        let position = Position { epoch: "a".into(), offset: 7 };
        topics.follow(Topic::CheckIns, None);
        topics.get_mut(Topic::CheckIns).unwrap().answered = true;
        topics.follow(Topic::CheckIns, Some(position.clone()));
        assert!(!topics.is_answered(Topic::CheckIns));
        let requests = topics.hello_requests();
        assert_eq!(requests, [TopicRequest::new(Topic::CheckIns, Some(&position))]);
        topics.unfollow(Topic::CheckIns);
        assert!(topics.is_empty());
    }
}
