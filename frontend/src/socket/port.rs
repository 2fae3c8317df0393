//! The link as the pages call it.

use super::{driver::LinkDriver, wire::store_codec};
use crate::page::{self, now};
use app::link::{DeliveryHandler, LinkPort};
use logic::Monotonic;
use protocol::{ClientMessage, Codec, MessageId, Millis, Position, Topic};
use std::rc::Rc;

/// What pages see of the driver.
pub(super) struct DriverPort(pub(super) Rc<LinkDriver>);

impl LinkPort for DriverPort {
    fn follow(&self, topic: Topic, from: Option<Position>, handler: DeliveryHandler) -> u32 {
        let number = self.0.followers.add_follower(topic, handler);
        self.0.act(|link| link.follow(now(), topic, from));
        number
    }

    fn unfollow(&self, follower: u32) {
        if let Some(topic) = self.0.followers.remove_follower(follower) {
            self.0.act(|link| link.unfollow(now(), topic));
        }
    }

    fn listen(&self, topic: Topic, handler: DeliveryHandler) -> u32 {
        self.0.followers.add_listener(topic, handler)
    }

    fn unlisten(&self, listener: u32) {
        self.0.followers.remove_listener(listener);
    }

    fn send(&self, topic: Topic, message: ClientMessage) -> MessageId {
        let id = page::new_message_id();
        self.0.act(|link| link.send(now(), id, topic, message));
        id
    }

    fn server_now(&self) -> Millis {
        self.0.link.borrow().server_now(now())
    }

    fn monotonic_now(&self) -> Monotonic {
        now().mono
    }

    fn reconnect(&self) {
        self.0.act(|link| link.reconnect(now()));
    }

    fn choose_codec(&self, codec: Codec) {
        store_codec(codec);
        self.reconnect();
    }

    fn decide_overdue(&self, send: bool) {
        self.0.act(|link| link.decide_overdue(now(), send));
    }

    fn queued(&self) -> Vec<(MessageId, ClientMessage)> {
        self.0.link.borrow().queued()
    }
}
