//! The gym's state on a page, kept up to date by the link.

use crate::{
    backend::gym,
    link::use_link,
    ui::{Icon, IconName, use_ready},
};
use leptos::{prelude::*, task::spawn_local};
use logic::{
    gym::roster::Roster,
    link::{Delivery, Phase},
};
use protocol::{ErrorBody, Topic, gym::GymSnapshot, http::AtPosition, server::Snapshot};
use std::collections::HashSet;
use uuid::Uuid;

/// The gym on this page.
#[derive(Clone, Copy)]
pub struct LiveGym {
    /// Figures, activity and visits.
    pub roster: RwSignal<Roster>,
    /// Why the page gets no changes, when the server said so.
    pub refused: RwSignal<Option<ErrorBody>>,
    /// Facts that came live and have not been shown yet: their rows slide in.
    fresh: StoredValue<HashSet<(&'static str, Uuid)>>,
}

impl LiveGym {
    /// The gym's time, in minutes ahead of UTC.
    pub fn utc_offset(&self) -> i32 {
        self.roster.with(|roster| roster.clock().utc_offset_minutes)
    }

    /// Whether a fact came live; true only once, so that its row glows only once.
    pub fn is_fresh(&self, key: (&'static str, Uuid)) -> bool {
        self.fresh.try_update_value(|fresh| fresh.remove(&key)).unwrap_or(false)
    }

    fn take(&self, delivery: &Delivery, now: i64) {
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
        let newest = |roster: &Roster| roster.activity().first().map(super::words::key);
        let day = |roster: &Roster| roster.clock().day_start;
        let before = self.roster.with_untracked(newest);
        let yesterday = self.roster.with_untracked(day);
        self.roster.update(change);
        if self.roster.with_untracked(day) != yesterday {
            self.learn_the_new_day();
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
    fn learn_the_new_day(&self) {
        let roster = self.roster;
        spawn_local(async move {
            if let Ok(gym) = gym().await {
                _ = roster.try_update(|roster| roster.set_clock(gym.data.clock));
            }
        });
    }
}

/// The gym from a snapshot on.
pub fn use_live_gym(start: AtPosition<GymSnapshot>) -> LiveGym {
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
            live.take(&delivery, clock.server_now());
        });
    });
    live
}

/// A sentence above figures that do not move at present.
#[component]
pub fn StaleNote(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let status = use_link().status();
    let ready = use_ready();
    let sentence = move || {
        if let Some(error) = live.refused.get() {
            return Some(format!("Changes do not reach this page: {}", error.message));
        }
        if !ready.get() {
            return None;
        }
        match status.get().phase {
            Phase::Offline { .. } => Some(
                "These figures are from before the connection was lost. They catch up by \
                 themselves."
                    .to_owned(),
            ),
            Phase::Stopped(code) => Some(format!("These figures stand still. {}", code.sentence())),
            _ => None,
        }
    };
    view! {
        <div class="stale-place" role="status">
            {move || {
                sentence()
                    .map(|sentence| {
                        view! {
                            <p class="stale tone-warn">
                                <Icon name=IconName::WifiOff/>
                                {sentence}
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// How much of the places is taken, as SVG attributes.
#[component]
pub fn Meter(
    /// Hundredths taken; more than 100 shows as full.
    #[prop(into)]
    percent: Signal<i64>,
) -> impl IntoView {
    view! {
        <svg class="fullness" class:fullness-warn=move || { percent.get() >= 90 } aria-hidden="true">
            <rect class="fullness-room" width="100%" height="100%" rx="3"></rect>
            <rect
                class="fullness-taken"
                width=move || format!("{}%", percent.get().clamp(0, 100))
                height="100%"
                rx="3"
            ></rect>
        </svg>
    }
}
