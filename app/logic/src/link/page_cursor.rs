//! A topic's events in order: duplicates are dropped, and what comes too early waits for what is
//! missing.

use protocol::Position;
use std::mem;

/// How far this page is in one topic, and what came too early.
#[derive(Debug)]
pub(super) struct PageCursor<T> {
    position: Option<Position>,
    /// By offset, ascending. Most come in order, so the place of a new one is the end.
    early: Vec<(u64, T)>,
}

/// What to do with an item that arrived.
#[derive(Debug, PartialEq)]
pub(super) enum Arrival<T> {
    /// Deliver these now, each with its offset.
    Ready(Vec<(u64, T)>),
    /// The position already includes it: drop the event, but not an answer in its place.
    Old(T),
    /// It is kept, because something before it is missing. Ask for that, unless it was asked for.
    Gap,
    /// It belongs to another epoch, or there is no position yet: the position is forgotten. Ask
    /// for a snapshot.
    Lost(T),
}

impl<T> Default for PageCursor<T> {
    fn default() -> Self {
        Self { position: None, early: Vec::new() }
    }
}

impl<T> PageCursor<T> {
    /// A cursor that has seen everything up to `position`.
    pub(super) fn at(position: Option<Position>) -> Self {
        Self { position, early: Vec::new() }
    }

    /// Where the page is.
    pub(super) fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// The offset reached; 0 without a position.
    pub(super) fn offset(&self) -> u64 {
        self.position.as_ref().map_or(0, |p| p.offset)
    }

    /// True while an item that came too early waits for what is missing.
    pub(super) fn has_gap(&self) -> bool {
        !self.early.is_empty()
    }

    /// Takes an item at its place in the log.
    pub(super) fn accept(&mut self, at: Position, item: T) -> Arrival<T> {
        let Some(position) = &mut self.position else { return Arrival::Lost(item) };
        if position.epoch != at.epoch {
            self.forget();
            return Arrival::Lost(item);
        }
        if at.offset <= position.offset {
            return Arrival::Old(item);
        }
        if at.offset > position.offset + 1 {
            match self.early.binary_search_by_key(&at.offset, |(offset, _)| *offset) {
                Ok(place) => self.early[place].1 = item,
                Err(place) => self.early.insert(place, (at.offset, item)),
            }
            return Arrival::Gap;
        }
        let mut ready = vec![(at.offset, item)];
        position.offset = at.offset;
        if self.early.first().is_some_and(|(offset, _)| *offset == position.offset + 1) {
            for (offset, item) in mem::take(&mut self.early) {
                if offset == position.offset + 1 {
                    position.offset = offset;
                    ready.push((offset, item));
                } else {
                    self.early.push((offset, item));
                }
            }
        }
        Arrival::Ready(ready)
    }

    /// Jumps to the position of a snapshot. Returns what was early and is now included in it.
    pub(super) fn jump(&mut self, to: Position) -> Vec<T> {
        let included = mem::take(&mut self.early).into_iter().map(|(_, item)| item).collect();
        self.position = Some(to);
        included
    }

    /// Forgets the position, so that the next answer is a snapshot.
    pub(super) fn forget(&mut self) {
        self.position = None;
        self.early.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &str, offset: u64) -> Position {
        Position { epoch: epoch.into(), offset }
    }

    #[test]
    fn the_next_is_delivered_and_an_older_one_dropped() {
        let mut cursor = PageCursor::at(Some(at("a", 4)));
        assert_eq!(cursor.accept(at("a", 5), 'x'), Arrival::Ready(vec![(5, 'x')]));
        assert_eq!(cursor.accept(at("a", 5), 'x'), Arrival::Old('x'));
        assert_eq!(cursor.accept(at("a", 1), 'y'), Arrival::Old('y'));
    }

    #[test]
    fn what_comes_too_early_waits_and_is_delivered_in_order() {
        let mut cursor = PageCursor::at(Some(at("a", 4)));
        assert_eq!(cursor.accept(at("a", 7), 'z'), Arrival::Gap);
        assert_eq!(cursor.accept(at("a", 6), 'y'), Arrival::Gap);
        let ready = cursor.accept(at("a", 5), 'x');
        assert_eq!(ready, Arrival::Ready(vec![(5, 'x'), (6, 'y'), (7, 'z')]));
        assert!(!cursor.has_gap());
    }

    #[test]
    fn a_second_gap_stays_open_when_the_first_closes() {
        let mut cursor = PageCursor::at(Some(at("a", 4)));
        assert_eq!(cursor.accept(at("a", 8), 'w'), Arrival::Gap);
        assert_eq!(cursor.accept(at("a", 6), 'y'), Arrival::Gap);
        assert_eq!(cursor.accept(at("a", 8), 'w'), Arrival::Gap, "a copy counts once");
        assert_eq!(cursor.accept(at("a", 5), 'x'), Arrival::Ready(vec![(5, 'x'), (6, 'y')]));
        assert!(cursor.has_gap());
        assert_eq!(cursor.accept(at("a", 7), 'z'), Arrival::Ready(vec![(7, 'z'), (8, 'w')]));
        assert!(!cursor.has_gap());
    }

    #[test]
    fn another_epoch_forgets_the_position_instead_of_dropping_its_first_event() {
        let mut cursor = PageCursor::at(Some(at("a", 57)));
        assert_eq!(cursor.accept(at("b", 1), 'x'), Arrival::Lost('x'));
        assert_eq!(cursor.position(), None);
        cursor.jump(at("b", 1));
        assert_eq!(cursor.accept(at("b", 2), 'y'), Arrival::Ready(vec![(2, 'y')]));
    }
}
