//! The note on other pages about entries of the desk that were refused meanwhile.

use super::desk_state::DeskState;
use crate::{
    gym::words,
    ui::{Icon, IconName},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// How many entries were refused while the desk's page was closed, and the link to them.
#[component]
pub fn MissedNote(
    /// The desk of this window.
    desk: DeskState,
) -> impl IntoView {
    let missed = Memo::new(move |_| desk.missed_count());
    let note = move || {
        let missed = i64::try_from(missed.get()).unwrap_or(i64::MAX);
        (missed > 0).then(|| {
            view! {
                <p class="missed tone-bad">
                    <Icon name=IconName::X/>
                    <span>{move || words::refused_meanwhile(missed)}</span>
                    <A href="/gym/desk">{words::see_why}</A>
                </p>
            }
        })
    };
    view! { <div role="alert">{note}</div> }
}
