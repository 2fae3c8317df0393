//! The practice clock as both devices show it.

use crate::{
    guitar::{performance::Performance, words},
    ui::use_tick,
};
use leptos::prelude::*;
use logic::guitar::elapsed;
use protocol::guitar::PracticeStatus;

/// A practice as a page shows it.
#[derive(Clone, Copy)]
pub(crate) struct PracticeClock {
    /// Where it stands; `None` before the first start.
    pub(crate) status: Memo<Option<PracticeStatus>>,
    /// `07:42`
    pub(crate) text: Memo<String>,
}

impl PracticeClock {
    pub(crate) fn of(performance: Performance) -> Self {
        let state = performance.state;
        let practice = Memo::new(move |_| state.with(|state| state.practice.clone()));
        let tick = use_tick(200);
        Self {
            status: Memo::new(move |_| practice.with(|p| p.as_ref().map(|p| p.status))),
            text: Memo::new(move |_| {
                tick.track();
                let now = performance.server_now();
                words::timer(practice.with(|p| p.as_ref().map_or(0, |p| elapsed(p, now))))
            }),
        }
    }

    /// The word beside the clock, and its tone.
    pub(crate) fn word(&self) -> (&'static str, &'static str) {
        match self.status.get() {
            Some(PracticeStatus::Started) => ("running", "tone-good"),
            Some(PracticeStatus::Paused) => ("paused", "tone-warn"),
            Some(PracticeStatus::Ended) => ("kept", "tone-plain"),
            None => ("ready", "tone-plain"),
        }
    }
}
