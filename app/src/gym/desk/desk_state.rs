//! The commands of this desk: what was asked, what came of it, what was refused meanwhile.

use super::{
    entry::DeskEntry,
    recent::{RecentLine, drop_old_entries, merge},
};
use crate::{
    browser::{BrowserHandle, use_browser},
    gym::{activity::ActivityLine, live::LiveGym},
    link::{LinkHandle, use_link},
};
use leptos::prelude::*;
use logic::link::{Delivery, Phase};
use protocol::{
    ClientMessage, MemberId, MessageId, Millis, Topic,
    gym::{CheckIn, CheckOut, UndoCheckIn, Visit},
};
use std::cmp::Reverse;

/// An answer that comes later than this makes no sound: the person at the desk has moved on.
const SOUND_WITHIN_MS: Millis = 10_000;

/// What the parts of the desk share, on all pages of the gym.
#[derive(Clone, Copy)]
pub(crate) struct DeskState {
    /// The commands, the newest first.
    entries: RwSignal<Vec<DeskEntry>>,
    /// An older entry that was chosen to be shown again.
    chosen: RwSignal<Option<MessageId>>,
    /// Whether the desk's page is open.
    is_open: RwSignal<bool>,
}

/// Provides the desk of this window to all pages of the gym: a command that waits in the outbox
/// may be answered on any of them.
pub(crate) fn provide_desk() -> DeskState {
    let desk = DeskState::default();
    provide_context(desk);
    let (link, browser) = (use_link(), use_browser());
    // In an effect, as everything that is only for the browser.
    Effect::new(move |_| {
        let (clock, browser) = (link.clone(), browser.clone());
        link.listen(Topic::CheckIns, move |delivery| {
            desk.take_answer(&delivery, &clock, &browser);
        });
    });
    desk
}

/// The desk of this window.
pub(crate) fn use_desk() -> DeskState {
    use_context::<DeskState>().unwrap_or_default()
}

impl Default for DeskState {
    fn default() -> Self {
        Self {
            entries: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
            is_open: RwSignal::new(false),
        }
    }
}

impl DeskState {
    /// Opens the desk's page, with the card of what was refused meanwhile.
    pub(crate) fn open_page(&self) {
        self.is_open.set(true);
        let missed = self
            .entries
            .with_untracked(|all| all.iter().find(|entry| entry.missed).map(|entry| entry.id));
        self.chosen.set(missed);
    }

    /// Closes the desk's page: it opens ready for the next scan, so answered entries go.
    pub(crate) fn close_page(&self) {
        self.is_open.try_set(false);
        self.entries.try_update(|all| all.retain(DeskEntry::is_waiting));
    }

    /// How many entries were refused while the desk's page was closed; 0 while it is open.
    pub(crate) fn missed_count(&self) -> usize {
        match self.is_open.get() {
            true => 0,
            false => self.entries.with(|all| all.iter().filter(|entry| entry.missed).count()),
        }
    }

    /// The entry whose card is shown.
    pub(crate) fn shown_entry(&self) -> Option<DeskEntry> {
        let chosen = self.chosen.get();
        self.entries.with(|entries| {
            let chosen = entries.iter().find(|entry| Some(entry.id) == chosen);
            chosen.or_else(|| entries.first()).cloned()
        })
    }

    /// Shows an older entry again.
    pub(crate) fn show_again(&self, entry: MessageId) {
        self.chosen.set(Some(entry));
    }

    /// Asks to let a member in; `name` when a person picked one.
    pub(crate) fn check_in(
        &self,
        link: &LinkHandle,
        code: String,
        name: Option<String>,
        override_reason: Option<String>,
    ) {
        let message =
            CheckIn { member: code, location: None, notes: None, override_reason, at: None };
        self.send(link, ClientMessage::CheckIn(message), name);
    }

    /// Asks to end a visit.
    pub(crate) fn check_out_visit(&self, link: &LinkHandle, visit: &Visit) {
        let message = CheckOut { visit: Some(visit.id), member: None, at: None };
        let name = visit.member.full_name.clone();
        self.send(link, ClientMessage::CheckOut(message), Some(name));
    }

    /// Asks to end the open visit of a member.
    pub(crate) fn check_out_member(&self, link: &LinkHandle, member: MemberId, name: String) {
        let message = CheckOut { visit: None, member: Some(member.to_string()), at: None };
        self.send(link, ClientMessage::CheckOut(message), Some(name));
    }

    /// Asks to take a check-in back.
    pub(crate) fn undo(&self, link: &LinkHandle, visit: &Visit) {
        let message = UndoCheckIn { visit: visit.id, at: None };
        let name = visit.member.full_name.clone();
        self.send(link, ClientMessage::UndoCheckIn(message), Some(name));
    }

    fn send(&self, link: &LinkHandle, message: ClientMessage, name: Option<String>) {
        let now = link.server_now();
        let Some(id) = link.send(Topic::CheckIns, message.clone()) else { return };
        let Some(entry) = DeskEntry::of(id, &message, now) else { return };
        let queued = link.status().get_untracked().phase != Phase::Live;
        self.entries.update(|entries| {
            entries.insert(0, DeskEntry { name, queued, ..entry });
            drop_old_entries(entries);
        });
        self.chosen.set(None);
    }

    /// Places the answer to one of this desk's commands, with its sound.
    fn take_answer(&self, delivery: &Delivery, link: &LinkHandle, browser: &BrowserHandle) {
        let Delivery::Answer { id, message, result, .. } = delivery else { return };
        let now = link.server_now();
        let is_open = self.is_open.get_untracked();
        let mut sound = None;
        self.entries.update(|entries| {
            if !entries.iter().any(|entry| entry.id == *id) {
                // A command from before the page was loaded again.
                let Some(entry) = DeskEntry::of(*id, message, now) else { return };
                entries.push(DeskEntry { queued: true, ..entry });
            }
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == *id) {
                entry.set_answer(result);
                entry.missed = !is_open && entry.is_refused();
                let late = now - entry.at >= SOUND_WITHIN_MS;
                sound = entry.sound().filter(|_| is_open && !late);
            }
            entries.sort_by_key(|entry| Reverse(entry.at));
            drop_old_entries(entries);
        });
        if let Some(sound) = sound {
            browser.with(|browser| browser.play_desk_sound(sound));
        }
    }

    /// Lists the commands that wait in the outbox from before this page was loaded.
    pub(crate) fn load_outbox(&self, link: &LinkHandle) {
        let now = link.server_now();
        let known = |id| self.entries.with_untracked(|all| all.iter().any(|entry| entry.id == id));
        let missing: Vec<_> = link
            .queued()
            .into_iter()
            .filter(|(id, _)| !known(*id))
            .filter_map(|(id, message)| DeskEntry::of(id, &message, now))
            .map(|entry| DeskEntry { queued: true, ..entry })
            .collect();
        if !missing.is_empty() {
            self.entries.update(|entries| {
                entries.extend(missing);
                entries.sort_by_key(|entry| Reverse(entry.at));
            });
        }
    }

    /// Marks what waits for an answer as queued, when the link is down.
    pub(crate) fn mark_queued(&self) {
        let is_unmarked = |entry: &DeskEntry| entry.is_waiting() && !entry.queued;
        if self.entries.with_untracked(|entries| entries.iter().any(is_unmarked)) {
            self.entries.update(|entries| {
                for entry in entries.iter_mut().filter(|entry| is_unmarked(entry)) {
                    entry.queued = true;
                }
            });
        }
    }

    /// This desk's entries and what happened at other desks, the newest first.
    pub(crate) fn recent_lines(&self, live: LiveGym) -> Vec<RecentLine> {
        let lines: Vec<_> =
            live.roster.with(|roster| roster.activity().iter().map(ActivityLine::of).collect());
        self.entries.with(|entries| merge(entries, lines))
    }
}
