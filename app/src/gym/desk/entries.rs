//! What the desk asked for and what came of it.

use crate::{
    browser::{Browser, use_browser},
    gym::{
        live::LiveGym,
        words::{self, Line},
    },
    link::{Link, use_link},
    ui::Tone,
};
use leptos::prelude::*;
use logic::link::{Delivery, Phase};
use protocol::{
    ClientMessage, ErrorBody, Millis, Topic,
    gym::{CheckIn, CheckInAnswer, CheckOut, Reason, UndoCheckIn, Verdict, Visit},
    server::Outcome,
};
use uuid::Uuid;

/// How many answered entries are kept.
const KEPT: usize = 20;
/// How many lines the list beside the card shows.
const LISTED: usize = 12;
/// An answer that comes later than this finds nobody at the desk who waits for its sound.
const SOUND_WITHIN_MS: Millis = 10_000;
/// A refusal in the stream this close to a refused entry of the same member is that entry.
const SAME_REFUSAL_MS: Millis = 5_000;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To let a member in.
    CheckIn,
    /// To end a visit.
    CheckOut,
    /// To take a check-in back.
    Undo,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
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

/// One command of this desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The command.
    pub id: Uuid,
    /// What it asked.
    pub asked: Asked,
    /// What was scanned or picked.
    pub code: String,
    /// Who that is, when the desk knows.
    pub name: Option<String>,
    /// When it was asked.
    pub at: Millis,
    /// Whether it had to wait for the connection.
    pub queued: bool,
    /// Where it stands.
    pub state: State,
    /// Whether it was refused while the desk's page was closed.
    pub missed: bool,
}

impl Entry {
    /// The entry of a command; `None` for messages that are none of the desk's.
    fn of(id: Uuid, message: &ClientMessage, now: Millis) -> Option<Self> {
        let (asked, code, at) = match message {
            ClientMessage::CheckIn(asked) => (Asked::CheckIn, asked.member.clone(), asked.at),
            ClientMessage::CheckOut(asked) => {
                (Asked::CheckOut, asked.member.clone().unwrap_or_default(), asked.at)
            }
            ClientMessage::UndoCheckIn(asked) => (Asked::Undo, String::new(), asked.at),
            _ => return None,
        };
        let at = at.unwrap_or(now);
        Some(Self {
            id,
            asked,
            code,
            name: None,
            at,
            queued: false,
            state: State::Waiting,
            missed: false,
        })
    }

    /// Takes the answer.
    fn answer(&mut self, result: &Result<Outcome, ErrorBody>) {
        self.state = match result {
            Ok(Outcome::CheckIn(answer)) => State::Decided(Box::new(answer.clone())),
            Ok(Outcome::CheckOut { visit }) => State::Left(visit.clone()),
            Ok(Outcome::Undone { visit }) => State::Undone(visit.clone()),
            Ok(_) => return,
            Err(error) => State::Failed(error.clone()),
        };
    }

    /// Which of the desk's three sounds belongs to the answer.
    fn sound(&self) -> Option<u8> {
        match &self.state {
            State::Waiting => None,
            State::Left(_) | State::Undone(_) => Some(0),
            State::Failed(_) => Some(2),
            State::Decided(answer) => Some(match answer.verdict {
                Verdict::Allow => 0,
                Verdict::Warn => 1,
                Verdict::Deny => 2,
            }),
        }
    }

    /// Whether it came to nothing, which somebody has to hear of.
    fn is_refused(&self) -> bool {
        match &self.state {
            State::Failed(_) => true,
            State::Decided(answer) => answer.verdict == Verdict::Deny,
            State::Waiting | State::Left(_) | State::Undone(_) => false,
        }
    }

    /// Who, as well as the desk knows.
    pub fn who(&self) -> String {
        match &self.state {
            State::Decided(answer) => answer.member.full_name.clone(),
            State::Left(visit) | State::Undone(visit) => visit.member.full_name.clone(),
            State::Waiting | State::Failed(_) => match (&self.name, self.code.as_str()) {
                (Some(name), _) => name.clone(),
                (None, "") => "A visit".to_owned(),
                (None, code) => code.to_owned(),
            },
        }
    }

    fn badge(&self) -> (String, Tone) {
        let (word, tone) = match &self.state {
            State::Waiting if self.queued => return ("queued".to_owned(), Tone::Warn),
            State::Waiting => return ("checking".to_owned(), Tone::Plain),
            State::Failed(_) => ("not recorded".to_owned(), Tone::Bad),
            State::Undone(_) => ("undone".to_owned(), Tone::Plain),
            State::Left(visit) => (words::left_after(visit), Tone::Plain),
            State::Decided(answer) => match (&answer.reason, answer.verdict) {
                (_, Verdict::Deny) => ("refused".to_owned(), Tone::Bad),
                (Some(Reason::AlreadyIn { .. }), _) => ("already in".to_owned(), Tone::Warn),
                (_, Verdict::Warn) => ("in".to_owned(), Tone::Warn),
                (_, Verdict::Allow) => ("in".to_owned(), Tone::Good),
            },
        };
        match self.queued {
            true => (format!("confirmed · {word}"), tone),
            false => (word, tone),
        }
    }

    /// Whether a line of the stream tells the same fact.
    fn is(&self, line: &Line) -> bool {
        match (&self.state, line.key) {
            (State::Decided(answer), ("in", id)) => {
                answer.visit.as_ref().is_some_and(|visit| visit.id == id)
                    && !matches!(answer.reason, Some(Reason::AlreadyIn { .. }))
            }
            (State::Decided(answer), ("refused", _)) => {
                answer.verdict == Verdict::Deny
                    && answer.member.number == line.number
                    && (line.at - self.at).abs() < SAME_REFUSAL_MS
            }
            (State::Left(visit), ("out", id)) | (State::Undone(visit), ("undone", id)) => {
                visit.id == id
            }
            _ => false,
        }
    }
}

/// A line of the list beside the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// This desk's own entry, when it is one.
    pub entry: Option<Uuid>,
    /// When.
    pub at: Millis,
    /// Who.
    pub name: String,
    /// The badge.
    pub badge: String,
    /// Its colour.
    pub tone: Tone,
    /// What tells it from other lines.
    pub key: (&'static str, Uuid),
}

/// Everything that the desk's parts share.
#[derive(Clone, Copy)]
pub struct Desk {
    /// This desk's commands, the newest first.
    entries: RwSignal<Vec<Entry>>,
    /// An older entry that a person wants to see again.
    chosen: RwSignal<Option<Uuid>>,
    /// Whether the desk's page is open.
    attended: RwSignal<bool>,
}

/// The desk of this window, for all pages of the gym: what waits in the outbox may be answered on
/// any of them.
pub fn provide_desk() -> Desk {
    let desk = Desk::new();
    provide_context(desk);
    let (link, browser) = (use_link(), use_browser());
    // In an effect, as everything that is only for the browser.
    Effect::new(move |_| {
        let (clock, browser) = (link.clone(), browser.clone());
        link.hear(Topic::CheckIns, move |delivery| desk.take(&delivery, &clock, &browser));
    });
    desk
}

/// The desk of this window.
pub fn use_desk() -> Desk {
    use_context::<Desk>().unwrap_or_default()
}

impl Desk {
    /// A desk that asked for nothing yet.
    pub fn new() -> Self {
        Self {
            entries: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
            attended: RwSignal::new(false),
        }
    }

    /// The desk's page is opened, with what was refused meanwhile.
    pub fn attend(&self) {
        self.attended.set(true);
        let missed = self
            .entries
            .with_untracked(|all| all.iter().find(|entry| entry.missed).map(|entry| entry.id));
        self.chosen.set(missed);
    }

    /// The desk's page is left: who comes back finds it ready, and what came since.
    pub fn leave(&self) {
        self.attended.try_set(false);
        self.entries.try_update(|all| all.retain(|entry| entry.state == State::Waiting));
    }

    /// How many entries were refused while the desk's page was closed.
    pub fn missed(&self) -> usize {
        match self.attended.get() {
            true => 0,
            false => self.entries.with(|all| all.iter().filter(|entry| entry.missed).count()),
        }
    }

    /// The entry whose card is shown.
    pub fn shown(&self) -> Option<Entry> {
        let chosen = self.chosen.get();
        self.entries.with(|entries| {
            let chosen = entries.iter().find(|entry| Some(entry.id) == chosen);
            chosen.or_else(|| entries.first()).cloned()
        })
    }

    /// Shows an older entry again.
    pub fn choose(&self, entry: Uuid) {
        self.chosen.set(Some(entry));
    }

    /// Asks to let a member in; `name` when a person picked one.
    pub fn check_in(
        &self,
        link: &Link,
        code: String,
        name: Option<String>,
        reason: Option<String>,
    ) {
        let message = CheckIn {
            member: code,
            location: None,
            notes: None,
            override_reason: reason,
            at: None,
        };
        self.ask(link, ClientMessage::CheckIn(message), name);
    }

    /// Asks to end a visit, named by itself or by its member's id.
    pub fn check_out(
        &self,
        link: &Link,
        visit: Option<Uuid>,
        member: Option<Uuid>,
        name: Option<String>,
    ) {
        let member = member.map(|id| id.to_string());
        let message = CheckOut { visit, member, at: None };
        self.ask(link, ClientMessage::CheckOut(message), name);
    }

    /// Asks to take a check-in back.
    pub fn undo(&self, link: &Link, visit: &Visit) {
        let message = UndoCheckIn { visit: visit.id, at: None };
        let name = visit.member.full_name.clone();
        self.ask(link, ClientMessage::UndoCheckIn(message), Some(name));
    }

    fn ask(&self, link: &Link, message: ClientMessage, name: Option<String>) {
        let now = link.server_now();
        let Some(id) = link.send(Topic::CheckIns, message.clone()) else { return };
        let Some(entry) = Entry::of(id, &message, now) else { return };
        let queued = link.status().get_untracked().phase != Phase::Live;
        self.entries.update(|entries| {
            entries.insert(0, Entry { name, queued, ..entry });
            keep_few(entries);
        });
        self.chosen.set(None);
    }

    /// Takes the answer to one of this desk's commands, with its sound.
    pub fn take(&self, delivery: &Delivery, link: &Link, browser: &Browser) {
        let Delivery::Answer { id, message, result, .. } = delivery else { return };
        let now = link.server_now();
        let attended = self.attended.get_untracked();
        let mut sound = None;
        self.entries.update(|entries| {
            if !entries.iter().any(|entry| entry.id == *id) {
                // A command from before the page was loaded again.
                let Some(entry) = Entry::of(*id, message, now) else { return };
                entries.push(Entry { queued: true, ..entry });
            }
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == *id) {
                entry.answer(result);
                entry.missed = !attended && entry.is_refused();
                let late = now - entry.at >= SOUND_WITHIN_MS;
                sound = entry.sound().filter(|_| attended && !late);
            }
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
            keep_few(entries);
        });
        if let Some(sound) = sound {
            browser.with(|browser| browser.beep(sound));
        }
    }

    /// Lists the commands that wait in the outbox from before this page was loaded.
    pub fn adopt(&self, link: &Link) {
        let now = link.server_now();
        let known = |id| self.entries.with_untracked(|all| all.iter().any(|entry| entry.id == id));
        let missing: Vec<_> = link
            .queued()
            .into_iter()
            .filter(|(id, _)| !known(*id))
            .filter_map(|(id, message)| Entry::of(id, &message, now))
            .map(|entry| Entry { queued: true, ..entry })
            .collect();
        if !missing.is_empty() {
            self.entries.update(|entries| {
                entries.extend(missing);
                entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
            });
        }
    }

    /// The link is down: what waits is queued from now on, and says so.
    pub fn link_is_down(&self) {
        let waits = |entry: &Entry| entry.state == State::Waiting && !entry.queued;
        if self.entries.with_untracked(|entries| entries.iter().any(waits)) {
            self.entries.update(|entries| {
                for entry in entries.iter_mut().filter(|entry| waits(entry)) {
                    entry.queued = true;
                }
            });
        }
    }

    /// This desk's entries and what happened at other desks, the newest first.
    pub fn recent(&self, live: LiveGym) -> Vec<Recent> {
        let lines: Vec<Line> = live.roster.with(|roster| {
            let utc_offset = roster.clock().utc_offset_minutes;
            roster.activity().iter().map(|activity| Line::of(activity, utc_offset)).collect()
        });
        self.entries.with(|entries| merge(entries, lines))
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

/// Drops the oldest answered entries; what waits for an answer or for somebody's eye stays.
fn keep_few(entries: &mut Vec<Entry>) {
    let mut answered = 0;
    entries.retain(|entry| {
        answered += usize::from(entry.state != State::Waiting);
        entry.state == State::Waiting || entry.missed || answered <= KEPT
    });
}

fn merge(entries: &[Entry], lines: Vec<Line>) -> Vec<Recent> {
    let own = entries.iter().map(|entry| {
        let (badge, tone) = entry.badge();
        let key = ("own", entry.id);
        Recent { entry: Some(entry.id), at: entry.at, name: entry.who(), badge, tone, key }
    });
    let foreign = |line: &Line| !entries.iter().any(|entry| entry.is(line));
    let others = lines.into_iter().filter(foreign).map(|line| {
        let Line { key, at, name, badge, tone, .. } = line;
        Recent { entry: None, at, name, badge, tone, key }
    });
    let mut recent: Vec<_> = own.chain(others).collect();
    recent.sort_by_key(|line| std::cmp::Reverse(line.at));
    let missed =
        |line: &Recent| entries.iter().any(|entry| entry.missed && Some(entry.id) == line.entry);
    let mut listed = 0;
    recent.retain(|line| {
        listed += 1;
        listed <= LISTED || missed(line)
    });
    recent
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{
        ErrorCode,
        gym::{Activity, MemberRef},
    };

    fn entry(number: u128, at: Millis, state: State) -> Entry {
        let (id, code) = (Uuid::from_u128(number), format!("M-{number}"));
        Entry {
            id,
            asked: Asked::CheckIn,
            code,
            name: None,
            at,
            queued: false,
            state,
            missed: false,
        }
    }

    fn visit(number: u128, at: Millis) -> Visit {
        Visit {
            id: Uuid::from_u128(100 + number),
            member: MemberRef {
                id: Uuid::from_u128(200 + number),
                number: format!("M-{number}"),
                full_name: format!("Member {number}"),
            },
            location: "Desk 1".to_owned(),
            check_in_time: at,
            check_out_time: None,
            closed_automatically: false,
        }
    }

    fn decided(verdict: Verdict, reason: Option<Reason>, visit: &Visit) -> State {
        State::Decided(Box::new(CheckInAnswer {
            verdict,
            reason,
            member: visit.member.clone(),
            membership: None,
            visit: (verdict != Verdict::Deny).then(|| visit.clone()),
            visit_of_month: None,
            repeated: false,
        }))
    }

    #[test]
    fn a_queued_scan_is_listed_as_queued_and_then_as_confirmed() {
        let mut scan = Entry { queued: true, ..entry(1, 1_000, State::Waiting) };
        assert_eq!(scan.badge(), ("queued".to_owned(), Tone::Warn));
        assert_eq!(scan.who(), "M-1");
        scan.state = decided(Verdict::Allow, None, &visit(1, 1_000));
        assert_eq!(scan.badge(), ("confirmed · in".to_owned(), Tone::Good));
        assert_eq!(scan.who(), "Member 1");
    }

    #[test]
    fn the_list_shows_a_fact_once_whether_it_is_ones_own_or_another_desks() {
        let (own, other) = (visit(1, 1_000), visit(2, 2_000));
        let entries =
            [entry(9, 3_000, State::Waiting), entry(1, 1_000, decided(Verdict::Allow, None, &own))];
        let line = |visit: &Visit| {
            Line::of(&Activity::CheckedIn { visit: visit.clone(), reason: None }, 0)
        };
        let names: Vec<_> = merge(&entries, vec![line(&other), line(&own)])
            .into_iter()
            .map(|recent| recent.name)
            .collect();
        assert_eq!(names, ["M-9", "Member 2", "Member 1"]);
    }

    #[test]
    fn what_was_refused_unseen_is_listed_however_much_came_after_it() {
        let error = ErrorBody::new(ErrorCode::NotCheckedIn, "Not in.");
        let refused = Entry { missed: true, ..entry(1, 1_000, State::Failed(error)) };
        let later = (2..60).map(|n| {
            let visit = visit(n, 1_000 * n as Millis);
            entry(n, visit.check_in_time, decided(Verdict::Allow, None, &visit))
        });
        let mut entries: Vec<Entry> = later.rev().chain([refused]).collect();
        keep_few(&mut entries);
        let recent = merge(&entries, Vec::new());
        assert_eq!(recent.len(), LISTED + 1);
        let last = recent.last().map(|line| (line.entry, line.badge.as_str()));
        assert_eq!(last, Some((Some(Uuid::from_u128(1)), "not recorded")));
    }

    #[test]
    fn each_decision_has_its_own_sound() {
        let visit = visit(1, 0);
        let sound = |verdict| entry(1, 0, decided(verdict, None, &visit)).sound();
        assert_eq!(sound(Verdict::Allow), Some(0));
        assert_eq!(sound(Verdict::Warn), Some(1));
        assert_eq!(sound(Verdict::Deny), Some(2));
        assert_eq!(entry(1, 0, State::Waiting).sound(), None, "nothing is decided yet");
    }

    #[test]
    fn old_answers_go_and_whatever_waits_stays() {
        let mut entries: Vec<_> = (0..60)
            .map(|number| {
                let state = match number % 2 {
                    0 => State::Waiting,
                    _ => decided(Verdict::Allow, None, &visit(number, 0)),
                };
                entry(number, 100 - number as i64, state)
            })
            .collect();
        keep_few(&mut entries);
        let waiting = entries.iter().filter(|entry| entry.state == State::Waiting).count();
        assert_eq!((waiting, entries.len()), (30, 30 + KEPT));
    }
}
