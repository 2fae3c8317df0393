//! One session on one page: followed over the link, with what the page did itself on top.

use crate::{
    guitar::hand::Hand,
    link::{LinkHandle, use_link},
    ui::error_words,
};
use leptos::prelude::*;
use logic::{
    link::{Delivery, Phase, Status},
    session::SessionView,
};
use protocol::{
    ClientMessage, CloseCode, ErrorBody, MessageId, Millis, Note, ParticipantId, ServerMessage,
    SessionId, Topic,
    account::Role,
    guitar::{ChordChange, GuitarState, PracticeCommand, Strum},
};
use std::rc::Rc;
use std::time::Duration;

/// A strum older than this, in milliseconds, is not played: it would sound after the beat.
const TOO_LATE: Millis = 150;
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(6);

/// A note of another device that sounds once and leaves no state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LiveNote {
    /// A strum that is in time.
    Strum {
        /// The strum.
        strum: Strum,
        /// From the sending until now, when the sender's clock is known.
        age: Option<Millis>,
    },
    /// All strings are damped.
    Mute,
}

/// Whether the session lets this page in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Admission {
    /// Nothing is known yet.
    #[default]
    Asking,
    /// It does.
    Open,
    /// The host has to allow it first.
    Waiting,
    /// It does not.
    Refused(ErrorBody),
}

/// Why something that a person did was refused, shown for a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice(ErrorBody);

impl Notice {
    /// The reason in the page's language.
    pub(crate) fn words(&self) -> String {
        error_words(&self.0)
    }
}

/// What a person does with the practice clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PracticeStep {
    Start,
    Pause,
    End,
}

/// A session as a page holds it; a copyable handle.
#[derive(Clone, Copy)]
pub(crate) struct Performance {
    link: StoredValue<LinkHandle>,
    status: Signal<Status>,
    session: Signal<Option<SessionId>>,
    view: RwSignal<SessionView>,
    /// The state to show.
    pub(crate) state: Memo<GuitarState>,
    /// What the left hand holds.
    pub(crate) hand: Memo<Hand>,
    pub(crate) admission: RwSignal<Admission>,
    /// What to show for a moment.
    pub(crate) notice: RwSignal<Option<Notice>>,
}

impl Performance {
    /// Follows the session as soon as there is one; `on_note` plays what others do.
    pub(crate) fn new(
        session: Signal<Option<SessionId>>,
        on_note: impl Fn(LiveNote) + 'static,
    ) -> Self {
        let link = use_link();
        let view = RwSignal::new(SessionView::default());
        let state = Memo::new(move |_| view.with(SessionView::shown));
        let performance = Self {
            status: link.status(),
            link: StoredValue::new(link),
            session,
            view,
            state,
            hand: Memo::new(move |_| state.with(Hand::of)),
            admission: RwSignal::default(),
            notice: RwSignal::default(),
        };
        performance.follow(Rc::new(on_note));
        performance
    }

    fn follow(self, on_note: Rc<dyn Fn(LiveNote)>) {
        let session = self.session;
        let before = StoredValue::new(None);
        Effect::new(move |_| {
            let Some(session) = session.get() else { return };
            // The state of the former session does not belong to another session.
            if before.try_get_value().flatten().is_some_and(|before| before != session) {
                self.view.set(SessionView::default());
            }
            before.set_value(Some(session));
            self.admission.set(Admission::Asking);
            let on_note = on_note.clone();
            self.link.with_value(|link| {
                link.follow(Topic::Guitar(session), None, move |delivery| {
                    self.deliver(&delivery, &*on_note);
                });
            });
        });
    }

    fn deliver(self, delivery: &Delivery, on_note: &dyn Fn(LiveNote)) {
        // The sound first: everything else can wait for it.
        if let Some(note) = self.live_note(delivery) {
            on_note(note);
        }
        let changes = match delivery {
            Delivery::Event { message, .. } => !message.is_momentary(),
            Delivery::Answer { message, .. } => !message.is_momentary(),
            _ => true,
        };
        if changes {
            self.view.try_update(|view| view.deliver(delivery));
        }
        match delivery {
            Delivery::Snapshot { .. } => {
                self.admission.try_set(Admission::Open);
                self.send_unsent();
            }
            Delivery::Waiting => {
                self.admission.try_set(Admission::Waiting);
            }
            Delivery::Refused(error) => {
                self.admission.try_set(Admission::Refused(error.clone()));
            }
            // What can be sent again is, and a strum that was lost is past.
            Delivery::Answer { message, result: Err(error), .. }
                if !error.retryable || message.is_command() =>
            {
                self.show(Notice(error.clone()));
            }
            _ => {}
        }
    }

    fn live_note(self, delivery: &Delivery) -> Option<LiveNote> {
        let Delivery::Event { message, ts, replayed: false, .. } = delivery else { return None };
        let ServerMessage::Note(note) = message else { return None };
        let now = self.server_now();
        match note {
            Note::Strum(strum) => {
                let age = strum.at.map(|at| (now - at).max(0));
                // A late event is dropped: a strum leaves no state, so it is simply not played.
                let late = age.or(ts.map(|ts| now - ts)).is_some_and(|age| age > TOO_LATE);
                (!late).then(|| LiveNote::Strum { strum: strum.clone(), age })
            }
            Note::Mute {} => Some(LiveNote::Mute),
            // Shown by the state.
            Note::ChordChange(_) | Note::FretUpdate(_) => None,
        }
    }

    fn send_unsent(self) {
        let unsent = self.view.try_with_untracked(|view| view.unsent().cloned()).flatten();
        if let Some(message) = unsent {
            self.hold(message);
        }
    }

    /// The left hand holds another chord, here at once and then everywhere.
    pub(crate) fn hold_chord(self, chord: String) {
        self.hold(ClientMessage::Note(Note::ChordChange(ChordChange { chord })));
    }

    fn hold(self, message: ClientMessage) {
        let id = self.send(message.clone());
        let at = self.server_now();
        self.view.try_update(|view| view.hold(message, id, at));
    }

    /// The right hand plays.
    pub(crate) fn strum(self, strum: Strum) {
        self.send(ClientMessage::Note(Note::Strum(strum)));
    }

    /// All strings are damped.
    pub(crate) fn mute(self) {
        self.send(ClientMessage::Note(Note::Mute {}));
    }

    /// Starts, pauses or ends the practice, here at once and then everywhere.
    pub(crate) fn practice(self, step: PracticeStep) {
        let command = PracticeCommand::default();
        let message = match step {
            PracticeStep::Start => ClientMessage::PracticeStart(command),
            PracticeStep::Pause => ClientMessage::PracticePause(command),
            PracticeStep::End => ClientMessage::PracticeEnd(command),
        };
        let id = self.send(message.clone());
        let at = self.server_now();
        self.view.try_update(|view| view.command(message, id, at));
    }

    /// The host lets a phone play or watch.
    pub(crate) fn allow(self, participant: ParticipantId, role: Role) {
        self.send(ClientMessage::Allow { participant, role });
    }

    /// The host removes a phone.
    pub(crate) fn remove(self, participant: ParticipantId) {
        self.send(ClientMessage::Remove { participant });
    }

    fn send(self, message: ClientMessage) -> Option<MessageId> {
        let session = self.session.try_get_untracked().flatten()?;
        self.link.try_with_value(|link| link.send(Topic::Guitar(session), message))?
    }

    /// Shows a notice for a moment.
    fn show(self, shown: Notice) {
        let notice = self.notice;
        notice.try_set(Some(shown.clone()));
        set_timeout(
            move || {
                notice.try_update(|present| {
                    if present.as_ref() == Some(&shown) {
                        *present = None;
                    }
                });
            },
            NOTICE,
        );
    }

    /// Whether a practice command waits for its answer.
    pub(crate) fn practice_waits(self) -> bool {
        self.view.with(SessionView::practice_waits)
    }

    /// Now on the server's clock.
    pub(crate) fn server_now(self) -> Millis {
        self.link.try_with_value(LinkHandle::server_now).unwrap_or(0)
    }

    /// Whether messages arrive at this moment.
    pub(crate) fn is_live(self) -> bool {
        matches!(self.status.get().phase, Phase::Live | Phase::Quiet { .. })
    }

    /// Why the connection will not come back by itself, if so.
    pub(crate) fn stopped(self) -> Option<CloseCode> {
        match self.status.get().phase {
            Phase::Stopped(code) => Some(code),
            _ => None,
        }
    }
}
