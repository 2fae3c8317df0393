//! Who gets the deliveries of a topic on this page.

use app::link::DeliveryHandler;
use logic::link::Delivery;
use protocol::Topic;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

struct Follower {
    number: u32,
    topic: Topic,
    handler: DeliveryHandler,
}

/// The followers of topics, and the listeners that get answers without following anything.
#[derive(Default)]
pub(super) struct DeliveryHandlers {
    followers: RefCell<Vec<Follower>>,
    listeners: RefCell<Vec<Follower>>,
    last_number: Cell<u32>,
}

impl DeliveryHandlers {
    pub(super) fn add_follower(&self, topic: Topic, handler: DeliveryHandler) -> u32 {
        self.add(&self.followers, topic, handler)
    }

    pub(super) fn add_listener(&self, topic: Topic, handler: DeliveryHandler) -> u32 {
        self.add(&self.listeners, topic, handler)
    }

    fn add(&self, to: &RefCell<Vec<Follower>>, topic: Topic, handler: DeliveryHandler) -> u32 {
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        to.borrow_mut().push(Follower { number, topic, handler });
        number
    }

    /// Removes a follower. Returns its topic when it was the last of that topic.
    pub(super) fn remove_follower(&self, number: u32) -> Option<Topic> {
        let mut followers = self.followers.borrow_mut();
        let place = followers.iter().position(|follower| follower.number == number)?;
        let topic = followers.remove(place).topic;
        let is_last = !followers.iter().any(|follower| follower.topic == topic);
        is_last.then_some(topic)
    }

    pub(super) fn remove_listener(&self, number: u32) {
        self.listeners.borrow_mut().retain(|listener| listener.number != number);
    }

    /// Calls the handlers of a topic: the followers' first, and for an answer the listeners'.
    pub(super) fn deliver(&self, topic: Topic, delivery: &Delivery) {
        let mut handlers = handlers_of(&self.followers, topic);
        if matches!(delivery, Delivery::Answer { .. }) {
            handlers.append(&mut handlers_of(&self.listeners, topic));
        }
        // A handler may follow or leave a topic, so no list is borrowed while it runs.
        handlers.iter().for_each(|handler| handler(delivery.clone()));
    }
}

fn handlers_of(all: &RefCell<Vec<Follower>>, topic: Topic) -> Vec<DeliveryHandler> {
    let all = all.borrow();
    all.iter().filter(|one| one.topic == topic).map(|one| Rc::clone(&one.handler)).collect()
}
