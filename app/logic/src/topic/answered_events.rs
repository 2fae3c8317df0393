//! Own events of a connection whose answers did not stand in their places, or not yet.

use protocol::Position;
use std::collections::VecDeque;

/// How many own events without an answer are kept; a link has at most 64 messages under way.
pub(super) const MAX_ANSWERED: usize = 128;

/// Own events of a topic of which either the event or the answer was written without the other. A
/// connection that leaves the topic keeps them, in case it follows the topic again.
#[derive(Debug, Default)]
pub struct AnsweredEvents {
    /// Those that were written, each with its answer, before the answer itself arrived.
    pub(super) in_place: VecDeque<Position>,
    /// Those whose answers were written by themselves. When the connection gets there, the events
    /// are written like those of others, and not answered again.
    apart: VecDeque<Position>,
}

impl AnsweredEvents {
    /// An event was written, with its answer.
    pub(super) fn add_in_place(&mut self, place: Position) {
        add_to(&mut self.in_place, place);
    }

    /// The answer about an event is written by itself.
    pub(super) fn add_apart(&mut self, place: Position) {
        add_to(&mut self.apart, place);
    }

    /// Whether the answer about an event stood in the event's place; it is expected once.
    pub(super) fn take_in_place(&mut self, place: &Position) -> bool {
        take(&mut self.in_place, |one| one == place)
    }

    /// Whether the answer about an event was written by itself; the event comes once.
    pub(super) fn take_apart(&mut self, epoch: &str, offset: u64) -> bool {
        let is_this = |place: &Position| place.offset == offset && place.epoch == epoch;
        take(&mut self.apart, is_this)
    }

    /// Drops the events up to a position.
    pub(super) fn drop_until(&mut self, at: &Position) {
        self.apart.retain(|place| place.epoch != at.epoch || place.offset > at.offset);
    }

    /// Keeps the events that come after a position of its epoch.
    pub(super) fn keep_after(&mut self, at: &Position) {
        self.apart.retain(|place| place.epoch == at.epoch);
        self.drop_until(at);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.in_place.is_empty() && self.apart.is_empty()
    }
}

fn add_to(places: &mut VecDeque<Position>, place: Position) {
    places.push_back(place);
    if places.len() > MAX_ANSWERED {
        places.pop_front();
    }
}

fn take(places: &mut VecDeque<Position>, is_this: impl Fn(&Position) -> bool) -> bool {
    let index = places.iter().position(is_this);
    index.and_then(|index| places.remove(index)).is_some()
}
