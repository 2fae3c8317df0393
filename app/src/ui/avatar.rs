//! A person's initials in a round or square field.

use leptos::prelude::*;
use logic::text;

/// A person's initials, hidden from screen readers because the name stands beside them.
#[component]
pub(crate) fn Avatar(
    /// The whole name.
    #[prop(into)]
    name: String,
    /// The large square of the desk's card.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <span class="avatar" class:avatar-large=large aria-hidden="true">
            {text::initials(&name)}
        </span>
    }
}
