//! The button that takes a check-in back.

use super::super::desk_state::DeskState;
use crate::{
    gym::sentences,
    link::use_link,
    ui::{Icon, IconShape, use_tick},
};
use leptos::prelude::*;
use logic::text;
use protocol::{Millis, gym::Visit};

const TICK_MS: u64 = 500;

/// Takes the check-in back, while that is allowed.
#[component]
pub(crate) fn UndoButton(
    /// The visit.
    visit: Visit,
    /// The desk of this window.
    desk: DeskState,
    /// For how long after the check-in that is allowed.
    undo_ms: Millis,
) -> impl IntoView {
    let link = StoredValue::new(use_link());
    let tick = use_tick(TICK_MS);
    let ends_at = visit.check_in_time + undo_ms;
    let seconds_left = Memo::new(move |_| {
        tick.track();
        let left = ends_at - link.with_value(|link| link.server_now());
        (left > 0).then(|| text::seconds_left(left.min(undo_ms)))
    });
    let visit = StoredValue::new(visit);
    let undo = move |_| link.with_value(|link| visit.with_value(|visit| desk.undo(link, visit)));
    view! {
        <Show when=move || seconds_left.get().is_some()>
            <button type="button" class="button number" on:click=undo>
                <Icon shape=IconShape::UNDO/>
                {move || sentences::undo(seconds_left.get().unwrap_or_default())}
            </button>
        </Show>
    }
}
