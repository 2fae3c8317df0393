//! The note on other pages about entries of the desk that were refused meanwhile.

use super::desk_state::DeskState;
use crate::{
    gym::sentences,
    ui::{Icon, IconShape},
};
use leptos::prelude::*;
use leptos_router::components::A;
use texts::text;

/// How many entries were refused while the desk's page was closed, and the link to them.
#[component]
pub(crate) fn MissedNote(
    /// The desk of this window.
    desk: DeskState,
) -> impl IntoView {
    let missed = Memo::new(move |_| desk.missed_count());
    let note = move || {
        let missed = i64::try_from(missed.get()).unwrap_or(i64::MAX);
        (missed > 0).then(|| {
            view! {
                <p class="missed tone-bad">
                    <Icon shape=IconShape::X/>
                    <span>{move || sentences::refused_meanwhile(missed)}</span>
                    <A href="/gym/desk">{text!(gym.see_why)}</A>
                </p>
            }
        })
    };
    view! { <div role="alert">{note}</div> }
}
