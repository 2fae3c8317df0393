//! The desk's one input: a name, a number or a telephone, from two letters on.
//!
//! - [`search_state`]: what is typed and what it found
//! - [`found_row`]: one member of the list below the input

pub mod found_row;
pub mod search_state;

use self::{found_row::FoundRow, search_state::SearchState};
use super::desk_state::DeskState;
use crate::{
    gym::sentences,
    link::use_link,
    ui::{Icon, IconName, error_words},
};
use leptos::{ev, html, prelude::*};
use protocol::http::MemberRow;
use texts::{text, words};

/// The input and what it found.
#[component]
pub fn MemberSearch(
    /// The desk that acts on a choice.
    desk: DeskState,
    /// The input, so that the page can give it the focus.
    input: NodeRef<html::Input>,
    /// The gym's time, in minutes ahead of UTC.
    utc_offset: Signal<i32>,
) -> impl IntoView {
    let link = StoredValue::new(use_link());
    let search = SearchState::new(input);
    let check_in = Callback::new(move |row: MemberRow| {
        search.clear();
        let (id, name) = (row.member.id.to_string(), Some(row.member.full_name));
        link.with_value(|link| desk.check_in(link, id, name, None));
    });
    let check_out = Callback::new(move |row: MemberRow| {
        search.clear();
        link.with_value(|link| {
            desk.check_out_member(link, row.member.id, row.member.full_name);
        });
    });
    let enter = move || match search.selected_row() {
        Some(row) => check_in.run(row),
        // A number typed by hand counts like a scanned one.
        None => {
            if let Some(code) = search.typed_code() {
                search.clear();
                link.with_value(|link| desk.check_in(link, code, None, None));
            }
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let taken = match event.key().as_str() {
            "ArrowDown" => search.select_next(),
            "ArrowUp" => search.select_previous(),
            "Enter" => {
                enter();
                true
            }
            "Escape" => {
                search.clear();
                true
            }
            _ => false,
        };
        if taken {
            event.prevent_default();
        }
    };
    view! {
        <div class="desk-search">
            <div class="desk-input">
                <Icon name=IconName::Search/>
                <input
                    class="input"
                    node_ref=input
                    type="text"
                    aria-label=text!(gym.search_label)
                    placeholder=text!(gym.desk_placeholder)
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    on:input=move |event| search.query.set(event_target_value(&event))
                    on:keydown=on_key
                />
            </div>
            <SearchNews search/>
            <Show when=move || search.rows.with(|rows| !rows.is_empty())>
                <ul class="card found-list" data-test="found">
                    <For
                        each=move || search.rows.get().into_iter().enumerate()
                        key=|(index, row)| (*index, row.member.id, row.in_since)
                        children=move |(index, row)| {
                            let is_selected = move || search.selected.get() == index;
                            view! {
                                <FoundRow
                                    row
                                    utc_offset
                                    is_selected=Signal::derive(is_selected)
                                    check_in
                                    check_out
                                />
                            }
                        }
                    />
                </ul>
            </Show>
        </div>
    }
}

/// What the search found: aloud for screen readers, on the page where nothing was found.
#[component]
fn SearchNews(search: SearchState) -> impl IntoView {
    let spoken = move || match search.found.get() {
        None => String::new(),
        Some(Err(failure)) => error_words(&failure.0),
        Some(Ok(rows)) => {
            let selected = search.selected.get();
            let name = rows.get(selected).map(|row| row.member.full_name.as_str());
            sentences::found(rows.len(), selected, name)
        }
    };
    let trouble = move || match search.found.get() {
        Some(Err(failure)) => Some(error_words(&failure.0)),
        Some(Ok(rows)) if rows.is_empty() => Some(words!(gym.none_found).to_owned()),
        _ => None,
    };
    view! {
        <span class="sr-only" role="status">
            {spoken}
        </span>
        {move || trouble().map(|sentence| view! { <p class="desk-trouble">{sentence}</p> })}
    }
}
