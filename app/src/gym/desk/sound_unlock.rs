//! Browsers play sound only after a key or a tap on the page.

use crate::browser::{SoundState, use_browser};
use leptos::{ev, prelude::*};

/// Unlocks the desk's signals with the first key or tap; a scanner's keys count as well.
pub(super) fn use_sound_unlock() {
    let browser = use_browser();
    Effect::new(move |_| {
        let browser = browser.clone();
        let unlock = move || {
            if browser.sound.get_untracked() == SoundState::Locked {
                browser.with(|browser| browser.unlock_sound());
            }
        };
        let by_key = unlock.clone();
        let keys = window_event_listener(ev::keydown, move |_| by_key());
        // A finger counts as a gesture only when it lifts.
        let taps = window_event_listener(ev::pointerup, move |_| unlock());
        on_cleanup(move || {
            keys.remove();
            taps.remove();
        });
    });
}
