//! The button that ends a visit.

use super::super::desk_state::DeskState;
use crate::link::use_link;
use leptos::{html, prelude::*};
use protocol::gym::Visit;
use texts::text;

/// Ends the open visit. It has the focus: a second scan of a member who is in mostly means that
/// the member leaves.
#[component]
pub(crate) fn CheckOutButton(
    /// The visit.
    visit: Visit,
    /// The desk of this window.
    desk: DeskState,
) -> impl IntoView {
    let link = use_link();
    let button = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(button) = button.get() {
            _ = button.focus();
        }
    });
    view! {
        <button
            type="button"
            class="button"
            node_ref=button
            on:click=move |_| desk.check_out_visit(&link, &visit)
        >
            {text!(gym.check_out)}
        </button>
    }
}
