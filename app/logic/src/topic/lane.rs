//! One client's messages are carried out in the order in which they were made, also when one of
//! them is refused for now and has to come again.
//!
//! A link sends on without waiting for answers. When a message is refused for now, it sends that
//! one and all later ones again, in order. Those that it had sent before it knew are refused, too:
//! a check-out that was carried out before its check-in would be lost, and a chord that is shown
//! before an older one would stay hidden. No time ends that: a phone that slept for a minute still
//! does not know. So a link never gives up what it has sent, unless it leaves the topic.

use uuid::Uuid;

/// The order of one connection's messages of one kind.
#[derive(Debug, Default)]
pub struct Lane {
    came: u64,
    first: Option<PutOff>,
}

/// The earliest message that has to come again.
#[derive(Debug, Clone, Copy)]
struct PutOff {
    turn: u64,
    id: Uuid,
}

impl Lane {
    /// A message came. Returns its turn.
    pub fn come(&mut self) -> u64 {
        self.came += 1;
        self.came
    }

    /// Whether a message may be carried out now.
    pub fn may(&mut self, turn: u64, id: Uuid) -> bool {
        self.answered(id);
        self.first.is_none_or(|first| turn < first.turn)
    }

    /// A message was answered for good: nobody waits for it.
    pub fn answered(&mut self, id: Uuid) {
        self.first.take_if(|first| first.id == id);
    }

    /// A message was refused for now.
    pub fn put_off(&mut self, turn: u64, id: Uuid) {
        if self.first.is_none_or(|first| turn < first.turn) {
            self.first = Some(PutOff { turn, id });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn what_was_sent_after_a_message_that_has_to_come_again_waits_for_it() {
        let mut lane = Lane::default();
        let turns = [lane.come(), lane.come(), lane.come()];
        lane.put_off(turns[1], id(2));
        assert!(lane.may(turns[0], id(1)), "it came before");
        assert!(!lane.may(turns[2], id(3)));
        lane.put_off(turns[2], id(3));
        let again = lane.come();
        assert!(lane.may(again, id(2)));
        let again = lane.come();
        assert!(lane.may(again, id(3)));
    }

    #[test]
    fn of_several_the_earliest_is_waited_for_in_whatever_order_they_fail() {
        let mut lane = Lane::default();
        let (first, second) = (lane.come(), lane.come());
        lane.put_off(second, id(2));
        lane.put_off(first, id(1));
        let again = lane.come();
        assert!(!lane.may(again, id(2)));
        assert!(lane.may(again, id(1)));
    }

    #[test]
    fn nobody_waits_for_a_message_that_is_answered_for_good() {
        let mut lane = Lane::default();
        let (first, second) = (lane.come(), lane.come());
        lane.put_off(first, id(1));
        lane.answered(id(2));
        assert!(!lane.may(second, id(2)));
        lane.answered(id(1));
        assert!(lane.may(second, id(2)));
    }
}
