//! The form that lets a refused member in.

use super::super::desk_state::DeskState;
use crate::link::use_link;
use leptos::{ev, html, prelude::*};
use protocol::MemberId;
use texts::text;

/// Lets a refused member in once; the reason goes into the audit log.
#[component]
pub(crate) fn OverrideForm(
    /// The refused member.
    member: MemberId,
    /// The member's name.
    name: String,
    /// The desk of this window.
    desk: DeskState,
    /// Closes the form.
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let link = use_link();
    let reason = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let given = reason.get_untracked().trim().to_owned();
        if !given.is_empty() {
            desk.check_in(&link, member.to_string(), Some(name.clone()), Some(given));
        }
    };
    view! {
        <form class="answer-override" on:submit=submit>
            <div class="field">
                <label for="override-reason">{text!(gym.override_label)}</label>
                <input
                    class="input"
                    id="override-reason"
                    autocomplete="off"
                    node_ref=input
                    prop:value=move || reason.get()
                    on:input=move |event| reason.set(event_target_value(&event))
                />
            </div>
            <button
                type="submit"
                class="button button-primary"
                disabled=move || reason.with(|reason| reason.trim().is_empty())
            >
                {text!(gym.let_in_once)}
            </button>
            <button type="button" class="button button-quiet" on:click=move |_| close()>
                {text!(gym.cancel)}
            </button>
        </form>
    }
}
