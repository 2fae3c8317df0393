//! One member that the search found.

use crate::{
    gym::{sentences, standing::standing_tone},
    ui::{Avatar, Badge, Tone},
};
use leptos::prelude::*;
use protocol::http::{MemberRow, Standing};
use texts::text;

/// Checks the member in; a member who is in can be checked out beside it.
#[component]
pub(crate) fn FoundRow(
    /// The member.
    row: MemberRow,
    /// The gym's time, in minutes ahead of UTC.
    utc_offset: Signal<i32>,
    /// Whether Enter takes this row.
    is_selected: Signal<bool>,
    /// Lets the member in.
    check_in: Callback<MemberRow>,
    /// Ends the member's visit.
    check_out: Callback<MemberRow>,
) -> impl IntoView {
    let row = StoredValue::new(row);
    let (name, in_since, standing) =
        row.with_value(|row| (row.member.full_name.clone(), row.in_since, row.standing));
    let badge = match (in_since, standing) {
        (Some(since), _) => {
            let text = move || sentences::in_since(since, utc_offset.get());
            Some(view! { <Badge tone=Tone::Good text/> })
        }
        (None, Standing::Active) => None,
        (None, standing) => {
            let text = move || sentences::standing(standing);
            Some(view! { <Badge tone=standing_tone(standing) text/> })
        }
    };
    let leaving = name.clone();
    let check_out_button = in_since.map(|_| {
        view! {
            <button
                type="button"
                class="button button-small"
                aria-label=move || sentences::check_out_of(&leaving)
                on:click=move |_| check_out.run(row.get_value())
            >
                {text!(gym.check_out)}
            </button>
        }
    });
    view! {
        <li class="found" class:found-selected=is_selected>
            <button
                type="button"
                class="found-act"
                on:click=move |_| check_in.run(row.get_value())
            >
                <Avatar name=name.clone()/>
                <span class="found-text">
                    <span class="sr-only">{text!(gym.check_in)} " "</span>
                    <span class="found-name">{name}</span>
                    <span class="found-note number">{move || row.with_value(sentences::found_note)}</span>
                </span>
                {badge}
                {move || {
                    is_selected
                        .get()
                        .then(|| view! { <kbd class="wide-only" aria-hidden="true">"Enter"</kbd> })
                }}
            </button>
            {check_out_button}
        </li>
    }
}
