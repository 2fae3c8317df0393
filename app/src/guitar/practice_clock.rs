//! The practice clock as both devices show it.

use crate::{
    guitar::{performance::Performance, words::timer},
    ui::{Tone, use_tick},
};
use leptos::prelude::*;
use logic::guitar::elapsed;
use protocol::guitar::PracticeStatus;
use texts::words;

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
                timer(practice.with(|p| p.as_ref().map_or(0, |p| elapsed(p, now))))
            }),
        }
    }

    /// The word beside the clock.
    pub(crate) fn word(&self) -> &'static str {
        match self.status.get() {
            Some(PracticeStatus::Started) => words!(guitar.clock_running),
            Some(PracticeStatus::Paused) => words!(guitar.clock_paused),
            Some(PracticeStatus::Ended) => words!(guitar.clock_kept),
            None => words!(guitar.clock_ready),
        }
    }

    /// The tone of that word.
    pub(crate) fn tone(&self) -> Tone {
        match self.status.get() {
            Some(PracticeStatus::Started) => Tone::Good,
            Some(PracticeStatus::Paused) => Tone::Warn,
            Some(PracticeStatus::Ended) | None => Tone::Plain,
        }
    }

    /// The state's name in the document, the same in every language.
    pub(crate) fn state(&self) -> &'static str {
        match self.status.get() {
            Some(PracticeStatus::Started) => "running",
            Some(PracticeStatus::Paused) => "paused",
            Some(PracticeStatus::Ended) => "kept",
            None => "ready",
        }
    }
}
