//! What a page got, exactly, and the rules that it must not see broken.

use logic::{
    gym::roster::Roster,
    link::{Delivery, Figures, Phase, Status},
    session::SessionView,
};
use protocol::{
    ErrorBody, MessageId, Position, ServerMessage, Topic,
    server::{Outcome, Snapshot},
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

/// A place in a topic, as the page applied it.
#[allow(clippy::large_enum_variant, reason = "most places are events")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    Snapshot(Position),
    Event { offset: u64, message: ServerMessage, replayed: bool },
    Own { offset: u64, id: MessageId },
}

impl Place {
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Self::Snapshot(position) => position.offset,
            Self::Event { offset, .. } | Self::Own { offset, .. } => *offset,
        }
    }
}

/// Everything that a page has got so far, reloads included.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What was applied, in order.
    pub(crate) places: BTreeMap<Topic, Vec<Place>>,
    /// Every answer to every message.
    pub(crate) answers: HashMap<MessageId, Vec<Result<Outcome, ErrorBody>>>,
    /// The topics that the server did not give.
    pub(crate) refused: Vec<ErrorBody>,
    /// The gym as the page shows it.
    pub(crate) roster: Option<Roster>,
    /// The guitar session as the page shows it.
    pub(crate) view: SessionView,
    /// How each socket ended.
    pub(crate) closes: Vec<u16>,
    /// When each socket was wanted.
    pub(crate) dials: Vec<Instant>,
    pub(crate) phase: Phase,
    /// Commands in the outbox.
    pub(crate) queued: usize,
    /// Messages without an answer.
    pub(crate) unanswered: usize,
    pub(crate) clock_offset: Option<i64>,
    /// The longest time without a connection, in milliseconds.
    pub(crate) longest_gap_ms: i64,
    /// Broken promises; there must be none.
    pub(crate) broken: Vec<String>,
}

impl Record {
    /// The places of a topic.
    pub(crate) fn of(&self, topic: Topic) -> &[Place] {
        self.places.get(&topic).map_or(&[], Vec::as_slice)
    }

    /// How far the page is in a topic.
    pub(crate) fn offset(&self, topic: Topic) -> u64 {
        self.of(topic).last().map_or(0, Place::offset)
    }

    /// How often the state was replaced as a whole.
    pub(crate) fn snapshots(&self, topic: Topic) -> usize {
        self.of(topic).iter().filter(|place| matches!(place, Place::Snapshot(_))).count()
    }

    /// The answer to a message, when there is exactly one and it is no refusal.
    pub(crate) fn outcome(&self, id: MessageId) -> Option<&Outcome> {
        match self.answers.get(&id)?.as_slice() {
            [Ok(outcome)] => Some(outcome),
            _ => None,
        }
    }

    /// Takes a delivery, as the pages take it.
    pub(crate) fn deliver(&mut self, topic: Topic, delivery: &Delivery, server_now: i64) {
        self.view.deliver(delivery);
        match delivery {
            Delivery::Snapshot { snapshot, position } => {
                if let Snapshot::CheckIns(gym) = snapshot {
                    self.roster = Some(Roster::new(gym.clone()));
                }
                self.places.entry(topic).or_default().push(Place::Snapshot(position.clone()));
            }
            Delivery::Event { message, offset, replayed, .. } => {
                if let Some(roster) = &mut self.roster {
                    roster.apply(message, *offset);
                }
                if let Some(offset) = *offset {
                    let (message, replayed) = (message.clone(), *replayed);
                    self.step(topic, Place::Event { offset, message, replayed });
                }
            }
            Delivery::Answer { id, message, result, offset } => {
                if let (Some(roster), Ok(outcome)) = (&mut self.roster, result) {
                    roster.apply_answer(*id, message, outcome, *offset, server_now);
                }
                let answers = self.answers.entry(*id).or_default();
                answers.push(result.clone());
                if answers.len() > 1 {
                    self.broken.push(format!("{id} was answered again: {answers:?}"));
                }
                if let Some(offset) = *offset {
                    self.step(topic, Place::Own { offset, id: *id });
                }
            }
            Delivery::Waiting => {}
            Delivery::Refused(error) => self.refused.push(error.clone()),
        }
    }

    /// The rule: each place is the one after the last.
    fn step(&mut self, topic: Topic, place: Place) {
        let places = self.places.entry(topic).or_default();
        let last = places.last().map(Place::offset);
        if last.is_some_and(|last| place.offset() != last + 1) {
            self.broken.push(format!("{topic}: {place:?} after {last:?}"));
        }
        places.push(place);
    }

    /// Takes what the chip and the panel show.
    pub(crate) fn show(&mut self, status: &Status, figures: &Figures) {
        self.phase = status.phase;
        self.queued = status.queued;
        self.unanswered = figures.waiting;
        self.clock_offset = figures.clock_offset_ms;
        self.longest_gap_ms = figures.longest_gap_ms;
    }

    /// A failed test's last words.
    pub(crate) fn summary(&self) -> String {
        let places: Vec<String> = self
            .places
            .iter()
            .map(|(topic, places)| {
                format!("{topic}: {} places to {:?}", places.len(), places.last())
            })
            .collect();
        format!(
            "{:?}, {} queued, {} unanswered, {} answers, closed {:?}, {} dials, {places:?}, \
             broken {:?}, refused {:?}",
            self.phase,
            self.queued,
            self.unanswered,
            self.answers.len(),
            self.closes,
            self.dials.len(),
            self.broken,
            self.refused,
        )
    }
}
