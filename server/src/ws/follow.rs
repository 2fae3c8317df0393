//! A connection follows and leaves topics. Which role may follow what, and what a catch-up
//! consists of, is decided in [`logic::topic`].

use super::{connection::Connection, source::FollowedSource};
use logic::{
    presence::Departure,
    topic::{CatchUp, CaughtUp, TopicSource, access},
};
use protocol::{
    ErrorBody, Topic,
    account::Role,
    topic::{TopicAnswer, TopicRequest},
};

impl Connection {
    /// Follows a topic, or continues to, and queues what brings the client from its position to the
    /// end. `announce` turns the topic's answer into the text that has to come before that.
    pub(super) async fn follow(
        &mut self,
        request: &TopicRequest,
        announce: impl FnOnce(&TopicAnswer) -> Option<String>,
    ) -> Result<(), ErrorBody> {
        let topic = request.name;
        let role = self.client.principal.role_in(topic);
        access::check_follow(role, topic)?;
        self.topics.check_limit(topic, self.state.config.limits.topics as usize)?;
        let source = FollowedSource::open(&self.state, topic).await?;
        let known = self.topics.get(topic).is_some();
        if !known {
            self.arrive(&source);
        }
        // From here on every event wakes this connection; the cursor decides from which one on it
        // is written.
        source.log().follow(&self.handle);
        // Before the snapshot is read: figures that change meanwhile are sent afterwards.
        let figures_version = source.with_log(|log| log.figures_version());
        let waiting = role == Some(Role::Waiting);
        let caught_up = match waiting {
            true => Ok(CaughtUp::nothing(source.log().end())),
            false => {
                let protocol = self.topics.protocol();
                let catch_up = CatchUp::new(topic, request.position(), protocol);
                source.catch_up(&self.state, catch_up).await
            }
        };
        let mut caught_up = match caught_up {
            Ok(caught_up) => caught_up,
            Err(error) => {
                if !known {
                    self.depart(&source, Departure::Closed);
                }
                return Err(error);
            }
        };
        if let Some(text) = announce(&caught_up.answer(topic, waiting)) {
            self.handle.push(text);
        }
        self.handle.push_catch_up(std::mem::take(&mut caught_up.texts));
        let skipped = self.topics.follow(topic, source, caught_up, figures_version, waiting);
        skipped.into_iter().for_each(|text| self.handle.push(text));
        Ok(())
    }

    /// Stops following a topic.
    pub(super) fn leave(&mut self, topic: Topic) {
        if let Some((source, answers)) = self.topics.leave(topic) {
            self.depart(&source, Departure::Closed);
            answers.into_iter().for_each(|text| self.handle.push(text));
        }
    }

    /// Leaves every topic: the socket has ended.
    pub(super) fn leave_all(&mut self, departure: Departure) {
        for source in self.topics.leave_all().collect::<Vec<_>>() {
            self.depart(&source, departure);
        }
    }

    /// Adds this device to the session.
    fn arrive(&self, source: &FollowedSource) {
        if let FollowedSource::Guitar(session) = source
            && let Some(seat) = self.client.principal.seat(session.id())
        {
            let (device, visible) = (&self.client.device, self.client.visible);
            session.arrive(seat.id, seat.role, device, &self.handle, visible, self.state.now());
        }
    }

    fn depart(&self, source: &FollowedSource, departure: Departure) {
        source.log().unfollow(self.handle.id);
        if let FollowedSource::Guitar(session) = source
            && let Some(seat) = self.client.principal.seat(session.id())
        {
            session.depart(seat.id, self.handle.id, departure, self.state.now());
        }
    }
}
