//! The sentence above figures that do not move at present.

use super::{live::LiveGym, sentences};
use crate::{
    link::use_link,
    ui::{Icon, IconShape, use_ready},
};
use leptos::prelude::*;
use logic::link::Phase;
use texts::words;

/// Why the figures do not move; empty while they do.
#[component]
pub(crate) fn StaleNote(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let status = use_link().status();
    let ready = use_ready();
    let sentence = move || {
        if let Some(error) = live.refused.get() {
            return Some(sentences::changes_refused(&error));
        }
        if !ready.get() {
            return None;
        }
        match status.get().phase {
            Phase::Offline { .. } => Some(words!(gym.figures_from_before).to_owned()),
            Phase::Stopped(code) => Some(sentences::figures_stand_still(code)),
            _ => None,
        }
    };
    let note = move || {
        sentence().map(|sentence| {
            view! {
                <p class="stale tone-warn">
                    <Icon shape=IconShape::WIFI_OFF/>
                    {sentence}
                </p>
            }
        })
    };
    view! {
        <div class="stale-place" role="status">
            {note}
        </div>
    }
}
