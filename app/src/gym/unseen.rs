//! The word on other pages about entries of the desk that were refused meanwhile.

use super::entry::Desk;
use crate::ui::{Icon, IconName};
use leptos::prelude::*;
use leptos_router::components::A;
use logic::text;

/// How many entries came to nothing while the desk's page was closed, and the way to them.
#[component]
pub fn UnseenNote(
    /// The desk of this browser.
    desk: Desk,
) -> impl IntoView {
    let unseen = Memo::new(move |_| desk.unseen());
    view! {
        <div class="unseen-place" role="alert">
            {move || {
                let unseen = i64::try_from(unseen.get()).unwrap_or(i64::MAX);
                (unseen > 0)
                    .then(|| {
                        let entries = text::plural(unseen, "entry", "entries");
                        view! {
                            <p class="unseen tone-bad">
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
