//! The gym's state on a page, kept up to date by the link.

use super::activity::ActivityKey;
use crate::{backend::gym, link::use_link};
use leptos::{prelude::*, task::spawn_local};
use logic::{gym::roster::Roster, link::Delivery};
use protocol::{ErrorBody, Topic, gym::GymSnapshot, http::AtPosition, server::Snapshot};
use std::collections::HashSet;

/// The gym on this page.
#[derive(Clone, Copy)]
pub(crate) struct LiveGym {
    /// Figures, activity and visits.
    pub roster: RwSignal<Roster>,
    /// Why the page gets no changes, when the server refused the topic.
    pub refused: RwSignal<Option<ErrorBody>>,
    /// Facts that came live and have not been shown yet: their rows slide in.
    fresh: StoredValue<HashSet<ActivityKey>>,
}

impl LiveGym {
    /// The gym's time, in minutes ahead of UTC.
    pub(crate) fn utc_offset(&self) -> i32 {
        self.roster.with(|roster| roster.clock().utc_offset_minutes)
    }

    /// Whether a fact came live; true only once, so that its row glows only once.
    pub(crate) fn is_fresh(&self, key: ActivityKey) -> bool {
        self.fresh.try_update_value(|fresh| fresh.remove(&key)).unwrap_or(false)
    }

    /// Applies a delivery of the topic; `now` is on the server's clock.
    fn apply(&self, delivery: &Delivery, now: i64) {
        match delivery {
            Delivery::Snapshot { snapshot: Snapshot::CheckIns(gym), .. } => {
                self.fresh.update_value(HashSet::clear);
                self.roster.set(Roster::new(gym.clone()));
            }
            Delivery::Event { message, offset, .. } => {
                self.change(|roster| roster.apply(message, *offset));
            }
            Delivery::Answer { id, message, result: Ok(outcome), offset } => {
                self.change(|roster| roster.apply_answer(*id, message, outcome, *offset, now));
            }
            Delivery::Refused(error) => self.refused.set(Some(error.clone())),
            _ => {}
        }
    }

    fn change(&self, change: impl FnOnce(&mut Roster)) {
        let newest = |roster: &Roster| roster.activity().first().map(ActivityKey::of);
        let day = |roster: &Roster| roster.clock().day_start;
        let before = self.roster.with_untracked(newest);
        let day_before = self.roster.with_untracked(day);
        self.roster.update(change);
        if self.roster.with_untracked(day) != day_before {
            self.fetch_clock();
        }
        let after = self.roster.with_untracked(newest);
        if let Some(key) = after.filter(|_| after != before) {
            self.fresh.update_value(|fresh| {
                fresh.insert(key);
            });
        }
    }

    /// Asks the server when the new gym day ends and what its time is: the clocks may have
    /// changed that night.
    fn fetch_clock(&self) {
        let roster = self.roster;
        spawn_local(async move {
            if let Ok(gym) = gym().await {
                _ = roster.try_update(|roster| roster.set_clock(gym.data.clock));
            }
        });
    }
}

/// The gym from a snapshot on.
pub(crate) fn use_live_gym(start: AtPosition<GymSnapshot>) -> LiveGym {
    let live = LiveGym {
        roster: RwSignal::new(Roster::new(start.data)),
        refused: RwSignal::new(None),
        fresh: StoredValue::new(HashSet::new()),
    };
    let link = use_link();
    let position = start.position;
    // In an effect, so that nothing changes before the first paint equals the server's page.
    Effect::new(move |_| {
        let clock = link.clone();
        link.follow(Topic::CheckIns, Some(position.clone()), move |delivery| {
            live.apply(&delivery, clock.server_now());
        });
    });
    live
}
