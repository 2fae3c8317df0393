//! Which messages made an event, so that one that is sent again makes no second one.

use cadence_base::refusal::id_conflict;
use logic::topic::TopicEvent;
use protocol::{ErrorBody, MessageId, Position, ServerMessage};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// How many message ids of a session are remembered; a link keeps at most 256 notes to send again.
/// The broker's script keeps as many.
const REMEMBERED: usize = 1_024;

/// The newest messages of a session, by their ids.
#[derive(Debug, Default)]
pub(super) struct RecentMessages {
    places: HashMap<MessageId, (Position, ContentHash)>,
    order: VecDeque<MessageId>,
}

/// A hash of a message's content; the same on every node and in every release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentHash(u64);

impl ContentHash {
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

/// The id that makes an event unique, with a hash of its message; `None` for an event without one.
pub(super) fn message_key(event: &TopicEvent) -> Option<(MessageId, ContentHash)> {
    let id = event.origin.and_then(|origin| origin.message)?;
    Some((id, ContentHash::of(&event.message)))
}

impl RecentMessages {
    /// Where a message's event stands, if it came before.
    ///
    /// # Errors
    /// `id_conflict` when its content was another one then.
    pub(super) fn place(
        &self,
        id: MessageId,
        content: ContentHash,
    ) -> Result<Option<Position>, ErrorBody> {
        match self.places.get(&id) {
            Some((_, first)) if *first != content => Err(id_conflict()),
            Some((at, _)) => Ok(Some(at.clone())),
            None => Ok(None),
        }
    }

    /// Notes the place of a message's event.
    pub(super) fn remember(&mut self, id: MessageId, content: ContentHash, at: Position) {
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
    use uuid::Uuid;

    fn chord(name: &str) -> ContentHash {
        ContentHash::of(&ServerMessage::Note(Note::ChordChange(ChordChange {
            chord: name.to_owned(),
        })))
    }

    fn strum(at: i64) -> ContentHash {
        let strum: Strum = serde_json::from_value(serde_json::json!({
            "direction": "down", "velocity": 0.5, "at": at,
        }))
        .expect("a strum");
        ContentHash::of(&ServerMessage::Note(Note::Strum(strum)))
    }

    #[test]
    fn the_same_content_is_a_repetition_and_other_content_a_mistake() {
        let (mut recent, id) = (RecentMessages::default(), MessageId(Uuid::from_u128(1)));
        let at = Position { epoch: "a".into(), offset: 7 };
        assert_eq!(recent.place(id, chord("Am7")), Ok(None));
        recent.remember(id, chord("Am7"), at.clone());
        assert_eq!(recent.place(id, chord("Am7")), Ok(Some(at)));
        let refused = recent.place(id, chord("C")).map_err(|error| error.code);
        assert_eq!(refused, Err(ErrorCode::IdConflict));
    }

    #[test]
    fn a_strum_whose_moment_was_corrected_is_still_the_same() {
        assert_eq!(strum(1), strum(2));
        assert_ne!(strum(1), chord("C"));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = RecentMessages::default();
        let id = |number: usize| MessageId(Uuid::from_u128(number as u128));
        for number in 0..=REMEMBERED {
            let at = Position { epoch: "a".into(), offset: number as u64 };
            recent.remember(id(number), chord("C"), at);
        }
        assert_eq!(recent.place(id(0), chord("C")), Ok(None));
        assert!(matches!(recent.place(id(1), chord("C")), Ok(Some(_))));
    }
}
