//! The word on other pages about entries of the desk that were refused meanwhile.

use super::entries::Desk;
use crate::ui::{Icon, IconName};
use leptos::prelude::*;
use leptos_router::components::A;
use logic::text;

/// How many entries came to nothing while the desk's page was closed, and the way to them.
#[component]
pub fn MissedNote(
    /// The desk of this window.
    desk: Desk,
) -> impl IntoView {
    let missed = Memo::new(move |_| desk.missed());
    view! {
        <div role="alert">
            {move || {
                let missed = i64::try_from(missed.get()).unwrap_or(i64::MAX);
                (missed > 0)
                    .then(|| {
                        let entries = text::plural(missed, "entry", "entries");
                        view! {
                            <p class="missed tone-bad">
                                <Icon name=IconName::X/>
                                <span>
                                    {format!("Refused meanwhile: {entries} from the desk.")}
                                </span>
                                <A href="/gym/desk">"See why"</A>
                            </p>
                        }
                    })
            }}
        </div>
    }
}
