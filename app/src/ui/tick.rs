//! A clock for ages and countdowns. The server's page and the first paint in the browser show the
//! same; time starts to run after hydration.

use leptos::prelude::*;
use std::time::Duration;

/// Counts up every `every_ms` milliseconds in the browser. 0 on the server and until the page is
/// hydrated: what depends on the present moment is shown from 1 on.
pub(crate) fn use_tick(every_ms: u64) -> Signal<u64> {
    let tick = RwSignal::new(0);
    Effect::new(move |_| {
        tick.set(1);
        let count = move || tick.update(|count| *count += 1);
        if let Ok(interval) = set_interval_with_handle(count, Duration::from_millis(every_ms)) {
            on_cleanup(move || interval.clear());
        }
    });
    tick.into()
}

/// False on the server and until the page is hydrated.
pub(crate) fn use_ready() -> Signal<bool> {
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    ready.into()
}
