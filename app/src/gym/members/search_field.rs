//! The search above the list; the address follows a moment after the last key.

use super::list_query::{LIST_PATH, ListQuery};
use crate::ui::{Icon, IconShape, use_ready};
use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use std::time::Duration;
use texts::text;

/// A pause in typing after which the address changes.
const DEBOUNCE: Duration = Duration::from_millis(250);

/// The search.
#[component]
pub(crate) fn SearchField(
    /// What the address asks for.
    wanted: Memo<ListQuery>,
) -> impl IntoView {
    let ready = use_ready();
    let input = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(None::<String>);
    let go = use_search_address(wanted, input, typed);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            go(&input.value());
        }
    };
    view! {
        // A plain form: before hydration, Enter loads the same address.
        <form
            class="members-search"
            role="search"
            method="get"
            action=LIST_PATH
            data-ready=move || ready.get().then_some("true")
            on:submit=submit
        >
            <div class="desk-input">
                <Icon shape=IconShape::SEARCH/>
                <input
                    class="input"
                    type="search"
                    name="q"
                    aria-label=text!(gym.search_label)
                    placeholder=text!(gym.search_label)
                    autocomplete="off"
                    value=wanted.with_untracked(|wanted| wanted.text.clone())
                    node_ref=input
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                />
            </div>
        </form>
    }
}

/// Keeps address and input in step; returns what changes the address at once.
fn use_search_address(
    wanted: Memo<ListQuery>,
    input: NodeRef<html::Input>,
    typed: RwSignal<Option<String>>,
) -> impl Fn(&str) + Clone + 'static {
    let navigate = use_navigate();
    // What the input asked for last.
    let asked = StoredValue::new(wanted.with_untracked(|wanted| wanted.text.clone()));
    let go = move |text: &str| {
        asked.set_value(text.trim().to_owned());
        let options =
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&ListQuery::address(text, 1), options);
    };
    // The router's address is that of the next page as soon as a person asks for it, although this
    // one is shown until the next one's code has come. To change the address then would cancel the
    // way there.
    let pathname = use_location().pathname;
    Effect::new({
        let go = go.clone();
        move |_| {
            let Some(text) = typed.get() else { return };
            let go = go.clone();
            let search = move || {
                if pathname.get_untracked() == LIST_PATH {
                    go(&text);
                }
            };
            if let Ok(timer) = set_timeout_with_handle(search, DEBOUNCE) {
                on_cleanup(move || timer.clear());
            }
        }
    });
    // Back, Forward and the link to all members change the address without a key.
    Effect::new(move |_| {
        let text = wanted.with(|wanted| wanted.text.trim().to_owned());
        if asked.with_value(|asked| *asked != text) {
            if let Some(input) = input.get_untracked() {
                input.set_value(&text);
            }
            asked.set_value(text);
        }
    });
    go
}
