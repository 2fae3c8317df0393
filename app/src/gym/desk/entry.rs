//! One command of the desk and what came of it.

use crate::{
    browser::DeskSound,
    gym::activity::{ActivityKey, ActivityLine, LineBadge},
};
use logic::gym::number::MemberNumber;
use protocol::{
    ClientMessage, ErrorBody, MessageId, Millis,
    gym::{CheckInAnswer, Reason, Verdict, Visit},
    server::Outcome,
};

/// A refusal in the activity stream and a refused entry of the same member that are less than
/// this apart are one fact.
const SAME_REFUSAL_MS: Millis = 5_000;

/// What a command of the desk asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeskRequest {
    /// To let a member in.
    CheckIn,
    /// To end a visit.
    CheckOut,
    /// To take a check-in back.
    Undo,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EntryState {
    /// No answer yet.
    Waiting,
    /// A check-in was decided.
    Decided(Box<CheckInAnswer>),
    /// A visit ended.
    Left(Visit),
    /// A check-in was taken back.
    Undone(Visit),
    /// Nothing was recorded.
    Failed(ErrorBody),
}

/// The badge of an entry or of a line beside the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RecentBadge {
    /// The word.
    pub word: LineBadge,
    /// Whether it is the answer to a command that waited for the connection.
    pub confirmed: bool,
}

/// One command of this desk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeskEntry {
    /// The command's id.
    pub id: MessageId,
    /// What it asks for.
    pub request: DeskRequest,
    /// What was scanned or picked; empty for a visit that was named by its id.
    pub code: String,
    /// The member's name, where it is known.
    pub name: Option<String>,
    /// When it was made.
    pub at: Millis,
    /// Whether it had to wait for the connection.
    pub queued: bool,
    /// Where it stands.
    pub state: EntryState,
    /// Whether it was refused while the desk's page was closed.
    pub missed: bool,
}

impl DeskEntry {
    /// The entry of a command; `None` for messages that are not commands of the desk.
    pub(crate) fn of(id: MessageId, message: &ClientMessage, now: Millis) -> Option<Self> {
        let (request, code, at) = match message {
            ClientMessage::CheckIn(check_in) => {
                (DeskRequest::CheckIn, check_in.member.clone(), check_in.at)
            }
            ClientMessage::CheckOut(check_out) => {
                let code = check_out.member.clone().unwrap_or_default();
                (DeskRequest::CheckOut, code, check_out.at)
            }
            ClientMessage::UndoCheckIn(undo) => (DeskRequest::Undo, String::new(), undo.at),
            ClientMessage::Hello(_)
            | ClientMessage::Auth(_)
            | ClientMessage::Subscribe(_)
            | ClientMessage::Unsubscribe { .. }
            | ClientMessage::Resync(_)
            | ClientMessage::Ping { .. }
            | ClientMessage::Visibility { .. }
            | ClientMessage::Allow { .. }
            | ClientMessage::Remove { .. }
            | ClientMessage::PracticeStart(_)
            | ClientMessage::PracticePause(_)
            | ClientMessage::PracticeEnd(_)
            | ClientMessage::Note(_) => return None,
        };
        Some(Self {
            id,
            request,
            code,
            name: None,
            at: at.unwrap_or(now),
            queued: false,
            state: EntryState::Waiting,
            missed: false,
        })
    }

    /// Puts the answer of the server into the entry.
    pub(crate) fn set_answer(&mut self, result: &Result<Outcome, ErrorBody>) {
        self.state = match result {
            Ok(Outcome::CheckIn(answer)) => EntryState::Decided(Box::new(answer.clone())),
            Ok(Outcome::CheckOut { visit }) => EntryState::Left(visit.clone()),
            Ok(Outcome::Undone { visit }) => EntryState::Undone(visit.clone()),
            // Not outcomes of a desk's command.
            Ok(
                Outcome::Done
                | Outcome::Subscribed(_)
                | Outcome::Practice(_)
                | Outcome::Participant { .. },
            ) => return,
            Err(error) => EntryState::Failed(error.clone()),
        };
    }

    /// Whether it waits for its answer.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state == EntryState::Waiting
    }

    /// The sound of its answer; `None` while there is no answer.
    pub(crate) fn sound(&self) -> Option<DeskSound> {
        match &self.state {
            EntryState::Waiting => None,
            EntryState::Left(_) | EntryState::Undone(_) => Some(DeskSound::Accepted),
            EntryState::Failed(_) => Some(DeskSound::Refused),
            EntryState::Decided(answer) => Some(match answer.verdict {
                Verdict::Allow => DeskSound::Accepted,
                Verdict::Warn => DeskSound::Caution,
                Verdict::Deny => DeskSound::Refused,
            }),
        }
    }

    /// Whether its answer is a refusal or an error.
    pub(crate) fn is_refused(&self) -> bool {
        self.sound() == Some(DeskSound::Refused)
    }

    /// The member's name or, until that is known, the code; `None` for a visit that was named by
    /// its id and has no answer yet. A member number is in its printed form; digits alone may also
    /// be a card's code and stay as they are.
    pub(crate) fn title(&self) -> Option<String> {
        let is_number = !self.code.starts_with(|first: char| first.is_ascii_digit());
        let code = || match MemberNumber::parse(&self.code) {
            Ok(number) if is_number => Some(number.to_string()),
            _ => Some(self.code.clone()).filter(|code| !code.is_empty()),
        };
        match &self.state {
            EntryState::Decided(answer) => Some(answer.member.full_name.clone()),
            EntryState::Left(visit) | EntryState::Undone(visit) => {
                Some(visit.member.full_name.clone())
            }
            EntryState::Waiting | EntryState::Failed(_) => self.name.clone().or_else(code),
        }
    }

    /// Its badge in the list beside the card.
    pub(crate) fn badge(&self) -> RecentBadge {
        let word = match &self.state {
            EntryState::Waiting if self.queued => LineBadge::Queued,
            EntryState::Waiting => LineBadge::Checking,
            EntryState::Failed(_) => LineBadge::NotRecorded,
            EntryState::Undone(_) => LineBadge::Undone,
            EntryState::Left(visit) => LineBadge::left(visit),
            EntryState::Decided(answer) => match (&answer.reason, answer.verdict) {
                (_, Verdict::Deny) => LineBadge::Refused,
                (Some(Reason::AlreadyIn { .. }), _) => LineBadge::AlreadyIn,
                (_, Verdict::Warn) => LineBadge::InWarned,
                (_, Verdict::Allow) => LineBadge::In,
            },
        };
        RecentBadge { word, confirmed: self.queued && !self.is_waiting() }
    }

    /// Whether a line of the activity stream is the same fact.
    pub(crate) fn is_same_fact(&self, line: &ActivityLine) -> bool {
        match (&self.state, line.key) {
            (EntryState::Decided(answer), ActivityKey::CheckedIn(id)) => {
                answer.visit.as_ref().is_some_and(|visit| visit.id == id)
                    && !matches!(answer.reason, Some(Reason::AlreadyIn { .. }))
            }
            (EntryState::Decided(answer), ActivityKey::Refused(_)) => {
                answer.verdict == Verdict::Deny
                    && answer.member.number == line.member.number
                    && (line.at - self.at).abs() < SAME_REFUSAL_MS
            }
            (EntryState::Left(visit), ActivityKey::CheckedOut(id))
            | (EntryState::Undone(visit), ActivityKey::Undone(id)) => visit.id == id,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixtures::{decided, entry, visit},
        *,
    };

    #[test]
    fn a_waiting_number_is_shown_as_it_is_printed_and_a_card_as_it_is() {
        // On a busy computer the `M` came long before the rest, and the card said "-102020".
        let title = |code: &str| {
            let code = code.to_owned();
            DeskEntry { code, ..entry(1, 1_000, EntryState::Waiting) }.title()
        };
        for code in ["-102020", "m 102020"] {
            assert_eq!(title(code).as_deref(), Some("M-102020"), "{code}");
        }
        for code in ["102020", "M-102021", "04A2B3"] {
            assert_eq!(title(code).as_deref(), Some(code));
        }
    }

    #[test]
    fn a_queued_scan_is_listed_as_queued_and_then_as_confirmed() {
        let mut scan = DeskEntry { queued: true, ..entry(1, 1_000, EntryState::Waiting) };
        assert_eq!(scan.badge(), RecentBadge { word: LineBadge::Queued, confirmed: false });
        assert_eq!(scan.title().as_deref(), Some("M-1"));
        scan.state = decided(Verdict::Allow, &visit(1, 1_000));
        assert_eq!(scan.badge(), RecentBadge { word: LineBadge::In, confirmed: true });
        assert_eq!(scan.title().as_deref(), Some("member 1"));
    }

    #[test]
    fn each_decision_has_its_own_sound() {
        let visit = visit(1, 0);
        let sound = |verdict| entry(1, 0, decided(verdict, &visit)).sound();
        assert_eq!(sound(Verdict::Allow), Some(DeskSound::Accepted));
        assert_eq!(sound(Verdict::Warn), Some(DeskSound::Caution));
        assert_eq!(sound(Verdict::Deny), Some(DeskSound::Refused));
        assert_eq!(entry(1, 0, EntryState::Waiting).sound(), None, "nothing is decided yet");
    }
}
