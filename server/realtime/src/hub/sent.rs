//! Which messages made an event, so that one that is sent again makes no second one.

use cadence_base::refusal::id_conflict;
use protocol::{ErrorBody, Position, ServerMessage};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use uuid::Uuid;

/// How many message ids of a session are remembered; a link keeps at most 256 notes to send again.
/// The broker's script remembers as many.
const REMEMBERED: usize = 1_024;

/// The newest messages of a session, by their ids.
#[derive(Debug, Default)]
pub(super) struct Sent {
    places: HashMap<Uuid, (Position, Content)>,
    order: VecDeque<Uuid>,
}

/// What a message says, in short; the same on every node and in every release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content(u64);

impl Content {
    /// `at` is left out: an outbox may correct it by the clock offset between two attempts, and the
    /// message is still the same.
    pub(super) fn of(message: &ServerMessage) -> Self {
        let timeless = match message {
            ServerMessage::Note(note) => {
                let mut note = note.clone();
                if let Some(at) = note.moment_mut() {
                    *at = None;
                }
                serde_json::to_vec(&note)
            }
            other => serde_json::to_vec(other),
        };
        // A type of ours: writing it as JSON cannot fail.
        let hash = Sha256::digest(timeless.unwrap_or_default());
        let first = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        Self(first)
    }

    /// For the broker's script.
    pub(super) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

impl Sent {
    /// Where a message's event stands, if it came before.
    ///
    /// # Errors
    /// `id_conflict` when it said something else then.
    pub(super) fn place(&self, id: Uuid, content: Content) -> Result<Option<Position>, ErrorBody> {
        match self.places.get(&id) {
            Some((_, first)) if *first != content => Err(id_conflict()),
            Some((at, _)) => Ok(Some(at.clone())),
            None => Ok(None),
        }
    }

    /// Its event stands there.
    pub(super) fn remember(&mut self, id: Uuid, content: Content, at: Position) {
        self.places.insert(id, (at, content));
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{
        ErrorCode, Note,
        guitar::{ChordChange, Strum},
    };

    fn chord(name: &str) -> Content {
        Content::of(&ServerMessage::Note(Note::ChordChange(ChordChange { chord: name.to_owned() })))
    }

    fn strum(at: i64) -> Content {
        let strum: Strum = serde_json::from_value(serde_json::json!({
            "direction": "down", "velocity": 0.5, "at": at,
        }))
        .expect("a strum");
        Content::of(&ServerMessage::Note(Note::Strum(strum)))
    }

    #[test]
    fn the_same_words_are_a_repetition_and_others_a_mistake() {
        let (mut sent, id) = (Sent::default(), Uuid::from_u128(1));
        let at = Position { epoch: "a".into(), offset: 7 };
        assert_eq!(sent.place(id, chord("Am7")), Ok(None));
        sent.remember(id, chord("Am7"), at.clone());
        assert_eq!(sent.place(id, chord("Am7")), Ok(Some(at)));
        let refused = sent.place(id, chord("C")).map_err(|error| error.code);
        assert_eq!(refused, Err(ErrorCode::IdConflict));
    }

    #[test]
    fn a_strum_whose_moment_was_corrected_is_still_the_same() {
        assert_eq!(strum(1), strum(2));
        assert_ne!(strum(1), chord("C"));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut sent = Sent::default();
        let id = |number: usize| Uuid::from_u128(number as u128);
        for number in 0..=REMEMBERED {
            let at = Position { epoch: "a".into(), offset: number as u64 };
            sent.remember(id(number), chord("C"), at);
        }
        assert_eq!(sent.place(id(0), chord("C")), Ok(None));
        assert!(matches!(sent.place(id(1), chord("C")), Ok(Some(_))));
    }
}
