//! A page's view of a guitar session: the state that the server confirmed, and on top of it the
//! page's own messages that are not answered yet (an optimistic update). An own change is applied
//! again in the place that the server gives it, so that all devices end up with the same state.

use crate::guitar::{apply, apply_own, elapsed};
use crate::link::Delivery;
use protocol::{
    ClientMessage, MessageId, Millis, ServerMessage,
    guitar::{GuitarState, PracticeStatus, PracticeUpdate, Timestamp},
    server::{Outcome, Snapshot},
};

/// The chord that a session shows before one was chosen.
pub const FIRST_CHORD: &str = "G";

/// One session as one page sees it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionView {
    confirmed: GuitarState,
    /// The chord or frets that are shown instead of the confirmed ones.
    unconfirmed: Option<UnconfirmedMessage>,
    /// The last chord or frets that this page chose.
    chosen: Option<UnconfirmedMessage>,
    commands: Vec<UnconfirmedMessage>,
    /// The first snapshot is there.
    known: bool,
}

/// A message of this page that is not confirmed.
#[derive(Debug, Clone, PartialEq)]
struct UnconfirmedMessage {
    /// Set while an answer may still come.
    id: Option<MessageId>,
    message: ClientMessage,
    at: Millis,
}

impl SessionView {
    /// The page holds a chord or frets; `id` is `None` when the session was not followed yet, so that
    /// it could not be sent.
    pub fn hold(&mut self, message: ClientMessage, id: Option<MessageId>, at: Millis) {
        let own = UnconfirmedMessage { id, message, at };
        self.chosen = Some(UnconfirmedMessage { id: None, ..own.clone() });
        self.unconfirmed = Some(own);
    }

    /// The page gave a practice command, which waits in the outbox until it is answered.
    pub fn command(&mut self, message: ClientMessage, id: Option<MessageId>, at: Millis) {
        if id.is_some() {
            self.commands.push(UnconfirmedMessage { id, message, at });
        }
    }

    /// Applies what the topic delivers.
    pub fn deliver(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Snapshot { snapshot: Snapshot::Guitar(state), .. } => {
                let forgot = state.chord.is_none() && state.frets.is_none();
                if forgot && self.unconfirmed.is_none() && self.session_shows_own_choice() {
                    self.unconfirmed = self.chosen.clone();
                }
                self.confirmed = state.clone();
                self.known = true;
            }
            Delivery::Event { message, replayed, .. } => {
                apply(&mut self.confirmed, message);
                let holds = matches!(message, ServerMessage::Note(note) if !note.is_momentary());
                // Another device chose while this page was disconnected: that is newer.
                if holds && *replayed {
                    self.unconfirmed = None;
                }
            }
            Delivery::Answer { id, message, result, offset } => {
                self.answer(*id, result);
                // Without an offset the event is delivered by itself, or there is none.
                if let (Ok(outcome), Some(_)) = (result, offset) {
                    apply_own(&mut self.confirmed, message, outcome);
                }
            }
            _ => {}
        }
    }

    /// Whether the chord or frets of the session came from this page. If the session loses them (its
    /// log was lost with the server), this page sends them again.
    fn session_shows_own_choice(&self) -> bool {
        self.chosen.as_ref().is_some_and(|chosen| {
            let mut same = self.confirmed.clone();
            apply_own(&mut same, &chosen.message, &Outcome::Done);
            same == self.confirmed
        })
    }

    fn answer(&mut self, id: MessageId, result: &Result<Outcome, protocol::ErrorBody>) {
        self.commands.retain(|own| own.id != Some(id));
        let retry = matches!(result, Err(error) if error.retryable);
        if let Some(own) = self.unconfirmed.as_mut().filter(|own| own.id == Some(id)) {
            own.id = None;
            if !retry {
                self.unconfirmed = None;
            }
        }
    }

    /// The chord or frets that were not sent yet; to be sent once the session's state has arrived.
    /// A message that was sent is delivered by the link.
    pub fn unsent(&self) -> Option<&ClientMessage> {
        self.unconfirmed.as_ref().filter(|own| own.id.is_none()).map(|own| &own.message)
    }

    /// Whether a practice command waits for its answer.
    pub fn practice_waits(&self) -> bool {
        !self.commands.is_empty()
    }

    /// The state to show.
    pub fn shown(&self) -> GuitarState {
        let mut state = self.confirmed.clone();
        if let Some(own) = &self.unconfirmed {
            apply_own(&mut state, &own.message, &Outcome::Done);
        }
        for own in &self.commands {
            state.practice = optimistic_practice(state.practice.take(), &own.message, own.at);
        }
        state
    }
}

/// The practice clock after a command, until the server's own update replaces it.
fn optimistic_practice(
    practice: Option<PracticeUpdate>,
    command: &ClientMessage,
    at: Millis,
) -> Option<PracticeUpdate> {
    let status = match command {
        ClientMessage::PracticeStart(_) => PracticeStatus::Started,
        ClientMessage::PracticePause(_) => PracticeStatus::Paused,
        ClientMessage::PracticeEnd(_) => PracticeStatus::Ended,
        _ => return practice,
    };
    let going = practice.filter(|practice| practice.status != PracticeStatus::Ended);
    let elapsed_ms = match (&going, status) {
        (Some(practice), _) => elapsed(practice, at),
        (None, PracticeStatus::Started) => 0,
        (None, _) => return None,
    };
    Some(PracticeUpdate { status, timestamp: Timestamp::Millis(at), as_of: at, elapsed_ms })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use protocol::Note;
    use protocol::{
        ErrorBody, ErrorCode, Position,
        guitar::{ChordChange, PracticeCommand},
    };
    use uuid::Uuid;

    fn chord(name: &str) -> ClientMessage {
        ClientMessage::Note(Note::ChordChange(ChordChange { chord: name.to_owned() }))
    }

    fn other(name: &str, replayed: bool) -> Delivery {
        let message =
            ServerMessage::Note(Note::ChordChange(ChordChange { chord: name.to_owned() }));
        Delivery::Event { message, offset: Some(1), ts: Some(0), replayed }
    }

    fn answer(
        id: MessageId,
        message: &ClientMessage,
        result: Result<Outcome, ErrorBody>,
    ) -> Delivery {
        Delivery::Answer { id, message: message.clone(), result, offset: Some(1) }
    }

    fn shown(view: &SessionView) -> String {
        view.shown().chord.unwrap_or_default()
    }

    #[test]
    fn an_own_chord_shows_at_once_and_ends_where_the_server_put_it() {
        let (mut view, id) = (SessionView::default(), MessageId(Uuid::from_u128(1)));
        view.hold(chord("C"), Some(id), 0);
        assert_eq!(shown(&view), "C");
        view.deliver(&other("D", false));
        assert_eq!(shown(&view), "C", "ours is on its way and may come later");
        view.deliver(&answer(id, &chord("C"), Ok(Outcome::Done)));
        view.deliver(&other("Em", false));
        assert_eq!(shown(&view), "Em");
    }

    #[test]
    fn an_own_chord_before_anothers_gives_way_to_it() {
        let (mut view, id) = (SessionView::default(), MessageId(Uuid::from_u128(1)));
        view.hold(chord("C"), Some(id), 0);
        view.deliver(&answer(id, &chord("C"), Ok(Outcome::Done)));
        view.deliver(&other("D", false));
        assert_eq!(shown(&view), "D");
    }

    #[test]
    fn a_refused_chord_is_taken_back_and_one_that_could_not_be_sent_stays() {
        let (mut view, id) = (SessionView::default(), MessageId(Uuid::from_u128(1)));
        view.hold(chord("C"), Some(id), 0);
        let no = ErrorBody::new(ErrorCode::NotAllowed, "Spectators watch.");
        view.deliver(&answer(id, &chord("C"), Err(no)));
        assert_eq!(shown(&view), "");
        view.hold(chord("C"), Some(id), 0);
        let later = ErrorBody::new(ErrorCode::Unavailable, "Later.");
        view.deliver(&answer(id, &chord("C"), Err(later)));
        assert_eq!((shown(&view).as_str(), view.unsent()), ("C", Some(&chord("C"))));
    }

    #[test]
    fn a_chord_played_before_the_session_was_there_is_kept_for_it() {
        let mut view = SessionView::default();
        view.hold(chord("Am"), None, 0);
        let snapshot = Snapshot::Guitar(GuitarState::default());
        let position = Position { epoch: "a".into(), offset: 0 };
        view.deliver(&Delivery::Snapshot { snapshot, position });
        assert_eq!((shown(&view).as_str(), view.unsent()), ("Am", Some(&chord("Am"))));
    }

    #[test]
    fn a_session_that_forgot_its_chord_is_told_by_the_page_that_chose_it() {
        let empty = || Delivery::Snapshot {
            snapshot: Snapshot::Guitar(GuitarState::default()),
            position: Position { epoch: "b".into(), offset: 0 },
        };
        let (mut view, id) = (SessionView::default(), MessageId(Uuid::from_u128(1)));
        view.hold(chord("C"), Some(id), 0);
        view.deliver(&answer(id, &chord("C"), Ok(Outcome::Done)));
        assert_eq!(view.unsent(), None);
        let mut other_page = view.clone();
        view.deliver(&empty());
        assert_eq!((shown(&view).as_str(), view.unsent()), ("C", Some(&chord("C"))));

        other_page.deliver(&other("D", false));
        other_page.deliver(&empty());
        assert_eq!(other_page.unsent(), None, "somebody else chose after it");
    }

    #[test]
    fn an_answer_without_a_place_changes_nothing_because_the_event_comes_by_itself() {
        let (mut view, id) = (SessionView::default(), MessageId(Uuid::from_u128(1)));
        view.hold(chord("C"), Some(id), 0);
        view.deliver(&other("C", false));
        view.deliver(&other("D", false));
        let (message, result) = (chord("C"), Ok(Outcome::Done));
        view.deliver(&Delivery::Answer { id, message, result, offset: None });
        assert_eq!(shown(&view), "D");
    }

    #[test]
    fn what_others_chose_while_this_page_was_away_wins() {
        let mut view = SessionView::default();
        view.hold(chord("Am"), None, 0);
        view.deliver(&other("F", true));
        assert_eq!((shown(&view).as_str(), view.unsent()), ("F", None));
    }

    #[test]
    fn a_queued_practice_counts_from_the_moment_it_was_begun() {
        let mut view = SessionView::default();
        let command = PracticeCommand::default();
        let (start, pause) = (MessageId(Uuid::from_u128(1)), MessageId(Uuid::from_u128(2)));
        view.command(ClientMessage::PracticeStart(command.clone()), Some(start), 1_000);
        assert_eq!(elapsed(&view.shown().practice.unwrap(), 5_000), 4_000);
        view.command(ClientMessage::PracticePause(command.clone()), Some(pause), 6_000);
        let practice = view.shown().practice.unwrap();
        assert_eq!((practice.status, practice.elapsed_ms), (PracticeStatus::Paused, 5_000));
        assert!(view.practice_waits());

        let refused = ErrorBody::new(ErrorCode::InvalidSession, "The session has ended.");
        for id in [start, pause] {
            let message = ClientMessage::PracticeStart(command.clone());
            view.deliver(&answer(id, &message, Err(refused.clone())));
        }
        assert_eq!(view.shown().practice, None);
    }

    #[test]
    fn there_is_nothing_to_pause_before_a_practice() {
        let mut view = SessionView::default();
        let command = ClientMessage::PracticePause(PracticeCommand::default());
        view.command(command, Some(MessageId(Uuid::from_u128(1))), 1_000);
        assert_eq!(view.shown().practice, None);
    }
}
