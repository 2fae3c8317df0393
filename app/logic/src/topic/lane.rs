//! One client's messages are carried out in the order in which they were made, also when one of
//! them is refused for now and has to come again.
//!
//! A link sends on without waiting for answers. A message that is refused for now it sends again.
//! Those that it had sent before it knew are refused, too: a check-out that was carried out before
//! its check-in would be lost, and a chord that is shown before an older one would stay hidden. No
//! time ends that: a phone that slept for a minute still does not know. So a link sends everything
//! again that was refused for now, each message once it is answered, until it leaves the topic.

use std::collections::VecDeque;
use uuid::Uuid;

/// So many messages are remembered; a link has far fewer under way.
const REMEMBERED: usize = 256;
/// So many answers are remembered: twice what a link has under way of one kind.
const ANSWERED: usize = 64;

/// The order of one connection's messages of one kind.
#[derive(Debug, Default)]
pub struct Lane {
    came: u64,
    /// What was refused for now, in the order of its first turns.
    put_off: Vec<PutOff>,
    /// What was answered for good last. The answer to a message that was refused for now can come
    /// with its event, when it was carried out all the same: one more copy may be on its way then,
    /// and after that none.
    answered: VecDeque<Uuid>,
}

#[derive(Debug)]
struct PutOff {
    /// Of the first time that it came.
    turn: u64,
    id: Uuid,
    /// It came again and is being carried out.
    under_way: bool,
}

impl Lane {
    /// A message came. Returns its turn.
    pub fn come(&mut self) -> u64 {
        self.came += 1;
        self.came
    }

    /// Whether a message may be carried out now. One that may not is to be put off.
    pub fn may(&mut self, turn: u64, id: Uuid) -> bool {
        let own = self.put_off.iter().position(|one| one.id == id);
        let turn = own.map_or(turn, |own| self.put_off[own].turn);
        let mut earlier = self.put_off.iter().take_while(|one| one.turn < turn);
        if earlier.any(|one| !one.under_way) {
            return false;
        }
        if let Some(own) = own {
            self.put_off[own].under_way = true;
        }
        true
    }

    /// A message was refused for now.
    pub fn put_off(&mut self, turn: u64, id: Uuid) {
        if self.answered.contains(&id) {
            // Nobody waits for it.
        } else if let Some(own) = self.put_off.iter_mut().find(|one| one.id == id) {
            own.under_way = false;
        } else if self.put_off.len() < REMEMBERED {
            let place = self.put_off.partition_point(|one| one.turn < turn);
            self.put_off.insert(place, PutOff { turn, id, under_way: false });
        }
    }

    /// A message was answered for good: nobody waits for it.
    pub fn answered(&mut self, id: Uuid) {
        self.put_off.retain(|one| one.id != id);
        if self.answered.contains(&id) {
            return;
        }
        if self.answered.len() == ANSWERED {
            self.answered.pop_front();
        }
        self.answered.push_back(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    /// A message comes; whether it may be carried out.
    fn comes(lane: &mut Lane, number: u128) -> bool {
        let turn = lane.come();
        let may = lane.may(turn, id(number));
        if !may {
            lane.put_off(turn, id(number));
        }
        may
    }

    #[test]
    fn what_was_sent_after_a_message_that_has_to_come_again_waits_for_it() {
        let mut lane = Lane::default();
        let turns = [lane.come(), lane.come()];
        lane.put_off(turns[1], id(2));
        assert!(lane.may(turns[0], id(1)), "it came before");
        assert!(!comes(&mut lane, 3));
        assert!(comes(&mut lane, 2));
        assert!(comes(&mut lane, 3), "in the same group");
        lane.answered(id(2));
        lane.answered(id(3));
        assert!(comes(&mut lane, 4));
    }

    #[test]
    fn a_group_that_fails_again_is_put_off_in_its_first_order() {
        let mut lane = Lane::default();
        let (first, second) = (lane.come(), lane.come());
        lane.put_off(second, id(2));
        lane.put_off(first, id(1));
        assert!(!comes(&mut lane, 2));
        assert!(comes(&mut lane, 1) && comes(&mut lane, 2));
        lane.put_off(9, id(2));
        lane.put_off(9, id(1));
        assert!(!comes(&mut lane, 2));
        assert!(comes(&mut lane, 1));
    }

    #[test]
    fn a_message_that_is_refused_twice_is_not_forgotten_for_an_earlier_one() {
        let mut lane = Lane::default();
        let turns = [lane.come(), lane.come(), lane.come()];
        lane.put_off(turns[0], id(1));
        assert!(!lane.may(turns[1], id(2)));
        lane.put_off(turns[1], id(2));
        // The first is carried out, and the second is over the limit when it comes again.
        assert!(comes(&mut lane, 1));
        lane.put_off(lane.came, id(2));
        lane.answered(id(1));
        assert!(!comes(&mut lane, 3));
    }

    #[test]
    fn a_last_copy_of_a_message_that_its_event_has_answered_holds_nobody_up() {
        let mut lane = Lane::default();
        let turn = lane.come();
        // It was refused because the broker's answer was lost; the broker had carried it out.
        lane.put_off(turn, id(1));
        lane.answered(id(1));
        let copy = lane.come();
        assert!(lane.may(copy, id(1)));
        lane.put_off(copy, id(1));
        assert!(comes(&mut lane, 2));
    }

    #[test]
    fn an_answer_is_remembered_until_all_that_was_under_way_has_been_answered_twice() {
        let mut lane = Lane::default();
        lane.answered(id(0));
        for number in 1..32 {
            lane.answered(id(number));
            lane.answered(id(number));
        }
        let copy = lane.come();
        lane.put_off(copy, id(0));
        assert!(comes(&mut lane, 99));
    }

    #[test]
    fn nobody_waits_for_a_message_that_is_answered_for_good() {
        let mut lane = Lane::default();
        let turn = lane.come();
        lane.put_off(turn, id(1));
        assert!(!comes(&mut lane, 2));
        lane.answered(id(1));
        assert!(comes(&mut lane, 2));
    }
}
