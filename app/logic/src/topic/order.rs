//! The order of one connection's messages, also when one of them is refused for now and has to be
//! sent again.
//!
//! A link sends without waiting for answers, and sends a message again that was refused for now.
//! Messages that it had sent before it received the refusal are refused, too: a check-out that
//! was carried out before its check-in would be lost, and a chord shown before an older one would
//! stay hidden. No timeout ends that: a phone that slept for a minute has not read the refusal
//! yet. So a link sends everything again that was refused for now, until each message is answered
//! or the topic is left.

use protocol::{ErrorBody, ErrorCode, MessageId, Topic};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Deferred messages that are remembered per queue; a link has far fewer in flight.
const MAX_DEFERRED: usize = 256;
/// Answered messages that are remembered: twice what a link has in flight, of commands and of
/// notes together.
const MAX_ANSWERED: usize = 128;

/// The order of one connection's messages. Clones share it: a command's permit is used by the
/// store's writer, where the order of commands is decided.
#[derive(Debug, Clone, Default)]
pub struct MessageOrder {
    queues: Arc<Mutex<OrderQueues>>,
}

/// Messages whose order is kept relative to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// Commands, whatever topic they are about.
    Commands,
    /// Notes of one guitar session.
    Notes(Topic),
}

#[derive(Debug, Default)]
struct OrderQueues {
    commands: OrderQueue,
    notes: Vec<(Topic, OrderQueue)>,
    /// The last messages that were answered for good. A message that was refused for now may have
    /// been carried out all the same, and be answered by its event; one more copy of it may be in
    /// flight then, and no further one.
    answered: VecDeque<MessageId>,
}

#[derive(Debug, Default)]
struct OrderQueue {
    /// How many messages have arrived.
    arrived: u64,
    /// Messages that were refused for now, in the order of their first arrival.
    deferred: Vec<DeferredMessage>,
}

#[derive(Debug)]
struct DeferredMessage {
    /// Its number, of its first arrival.
    number: u64,
    id: MessageId,
    /// It was sent again and is being carried out.
    in_progress: bool,
}

/// A message's place in its connection's order. It ends by [`Permit::done`] or [`Permit::retry`];
/// dropping it does nothing.
#[derive(Debug, Clone)]
#[must_use = "a message is either done or to be retried"]
pub struct Permit {
    order: MessageOrder,
    kind: OrderKind,
    number: u64,
    id: MessageId,
}

impl MessageOrder {
    /// Takes the next place, for a message that has just arrived.
    pub(crate) fn admit(&self, kind: OrderKind, id: MessageId) -> Permit {
        let mut queues = self.lock();
        let queue = queues.queue(kind);
        queue.arrived += 1;
        let number = queue.arrived;
        drop(queues);
        Permit { order: self.clone(), kind, number, id }
    }

    /// A message was answered for good, of whatever kind it is: no later message waits for it.
    pub fn answered(&self, id: MessageId) {
        self.lock().answered(id);
    }

    /// A topic was left: its notes are given up.
    pub fn leave(&self, topic: Topic) {
        self.lock().notes.retain(|(of, _)| *of != topic);
    }

    /// No holder of the lock can leave a half-done change behind.
    fn lock(&self) -> MutexGuard<'_, OrderQueues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Whether the message may be carried out now. If not, call [`Permit::retry`] and answer with
    /// [`out_of_order`].
    pub fn is_due(&self) -> bool {
        self.order.lock().queue(self.kind).is_due(self.number, self.id)
    }

    /// The message was answered for good.
    pub fn done(&self) {
        self.order.answered(self.id);
    }

    /// The message was refused for now: later ones wait until it is sent again.
    pub fn retry(&self) {
        let mut queues = self.order.lock();
        if !queues.answered.contains(&self.id) {
            queues.queue(self.kind).defer(self.number, self.id);
        }
    }

    /// [`Permit::retry`] after a retryable error, otherwise [`Permit::done`].
    pub fn end<T>(&self, result: &Result<T, ErrorBody>) {
        match result {
            Err(error) if error.retryable => self.retry(),
            _ => self.done(),
        }
    }
}

impl OrderQueues {
    fn queue(&mut self, kind: OrderKind) -> &mut OrderQueue {
        let OrderKind::Notes(topic) = kind else { return &mut self.commands };
        let known = self.notes.iter().position(|(of, _)| *of == topic);
        let index = known.unwrap_or_else(|| {
            self.notes.push((topic, OrderQueue::default()));
            self.notes.len() - 1
        });
        &mut self.notes[index].1
    }

    fn answered(&mut self, id: MessageId) {
        self.commands.forget(id);
        self.notes.iter_mut().for_each(|(_, queue)| queue.forget(id));
        if self.answered.contains(&id) {
            return;
        }
        if self.answered.len() == MAX_ANSWERED {
            self.answered.pop_front();
        }
        self.answered.push_back(id);
    }
}

impl OrderQueue {
    fn is_due(&mut self, number: u64, id: MessageId) -> bool {
        let own = self.deferred.iter().position(|message| message.id == id);
        let number = own.map_or(number, |own| self.deferred[own].number);
        let mut earlier = self.deferred.iter().take_while(|message| message.number < number);
        if earlier.any(|message| !message.in_progress) {
            return false;
        }
        if let Some(own) = own {
            self.deferred[own].in_progress = true;
        }
        true
    }

    fn defer(&mut self, number: u64, id: MessageId) {
        if let Some(own) = self.deferred.iter_mut().find(|message| message.id == id) {
            own.in_progress = false;
        } else if self.deferred.len() < MAX_DEFERRED {
            let place = self.deferred.partition_point(|message| message.number < number);
            self.deferred.insert(place, DeferredMessage { number, id, in_progress: false });
        }
    }

    fn forget(&mut self, id: MessageId) {
        self.deferred.retain(|message| message.id != id);
    }
}

/// The answer to a message that arrived before an earlier one was sent again.
pub fn out_of_order() -> ErrorBody {
    let text = "A message before this one has to be sent again first.";
    ErrorBody::new(ErrorCode::Unavailable, text).retry_after(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SessionId;
    use uuid::Uuid;

    fn id(number: u128) -> MessageId {
        MessageId(Uuid::from_u128(number))
    }

    fn session(number: u128) -> Topic {
        Topic::Guitar(SessionId(Uuid::from_u128(number)))
    }

    fn admit(order: &MessageOrder, number: u128) -> Permit {
        order.admit(OrderKind::Commands, id(number))
    }

    /// A message arrives; whether it may be carried out.
    fn arrives(order: &MessageOrder, number: u128) -> bool {
        let permit = admit(order, number);
        let due = permit.is_due();
        if !due {
            permit.retry();
        }
        due
    }

    #[test]
    fn what_was_sent_after_a_message_that_has_to_come_again_waits_for_it() {
        let order = MessageOrder::default();
        let [first, second] = [1, 2].map(|number| admit(&order, number));
        second.retry();
        assert!(first.is_due(), "it came before");
        assert!(!arrives(&order, 3));
        assert!(arrives(&order, 2));
        assert!(arrives(&order, 3), "in the same group");
        order.answered(id(2));
        order.answered(id(3));
        assert!(arrives(&order, 4));
    }

    #[test]
    fn a_group_that_fails_again_is_deferred_in_its_first_order() {
        let order = MessageOrder::default();
        let [first, second] = [1, 2].map(|number| admit(&order, number));
        second.retry();
        first.retry();
        assert!(!arrives(&order, 2));
        assert!(arrives(&order, 1) && arrives(&order, 2));
        second.retry();
        first.retry();
        assert!(!arrives(&order, 2));
        assert!(arrives(&order, 1));
    }

    #[test]
    fn a_message_that_is_refused_twice_is_not_forgotten_for_an_earlier_one() {
        let order = MessageOrder::default();
        let [first, second, _third] = [1, 2, 3].map(|number| admit(&order, number));
        first.retry();
        assert!(!second.is_due());
        second.retry();
        // The first is carried out, and the second is over the limit when it comes again.
        assert!(arrives(&order, 1));
        admit(&order, 2).retry();
        order.answered(id(1));
        assert!(!arrives(&order, 3));
    }

    #[test]
    fn a_last_copy_of_a_message_that_its_event_has_answered_defers_no_other() {
        let order = MessageOrder::default();
        let first = admit(&order, 1);
        // It was refused because the broker's answer was lost; the broker had carried it out.
        first.retry();
        first.done();
        let copy = admit(&order, 1);
        assert!(copy.is_due());
        copy.retry();
        assert!(arrives(&order, 2));
    }

    #[test]
    fn an_answer_is_remembered_until_all_that_was_in_flight_has_been_answered_twice() {
        let order = MessageOrder::default();
        order.answered(id(0));
        for number in 1..MAX_ANSWERED as u128 {
            order.answered(id(number));
            order.answered(id(number));
        }
        admit(&order, 0).retry();
        assert!(arrives(&order, 999));
    }

    #[test]
    fn a_message_that_is_answered_for_good_defers_no_other() {
        let order = MessageOrder::default();
        admit(&order, 1).retry();
        assert!(!arrives(&order, 2));
        order.answered(id(1));
        assert!(arrives(&order, 2));
    }

    #[test]
    fn notes_of_a_session_do_not_wait_for_commands_nor_for_another_session() {
        let order = MessageOrder::default();
        let [one, other] = [1, 2].map(|n| OrderKind::Notes(session(n)));
        order.admit(one, id(1)).retry();
        assert!(arrives(&order, 2));
        assert!(order.admit(other, id(3)).is_due());
        assert!(!order.admit(one, id(4)).is_due());
        order.leave(session(1));
        assert!(order.admit(one, id(5)).is_due());
    }
}
