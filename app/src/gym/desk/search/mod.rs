//! The desk's one input: a name, a number or a telephone, from two letters on.
//!
//! - [`search_state`]: what is typed and what it found
//! - [`found_row`]: one member of the list below the input

pub(crate) mod found_row;
pub(crate) mod search_state;

use self::{found_row::FoundRow, search_state::SearchState};
use super::{desk_state::DeskState, scanner_keys::is_composing};
use crate::{
    gym::sentences,
    link::use_link,
    ui::{Icon, IconShape, error_words},
};
use leptos::{html, prelude::*};
use protocol::http::MemberRow;
use texts::{text, words};

/// The input and what it found.
#[component]
pub(crate) fn MemberSearch(
    /// The desk that acts on a choice.
    desk: DeskState,
    /// The input, so that the page can give it the focus.
    input: NodeRef<html::Input>,
    /// The gym's time, in minutes ahead of UTC.
    utc_offset: Signal<i32>,
) -> impl IntoView {
    let search = SearchState::new(input);
    let choice = MemberChoice::new(desk, search);
    view! {
        <div class="desk-search">
            <div class="desk-input">
                <Icon shape=IconShape::SEARCH/>
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
                    on:keydown=move |event| {
                        if !is_composing(&event) && choice.takes_key(&event.key()) {
                            event.prevent_default();
                        }
                    }
                />
            </div>
            <SearchNews search/>
            <FoundList search choice utc_offset/>
        </div>
    }
}

/// The ways to choose a member: a key in the input, or a button of a row.
#[derive(Clone, Copy)]
struct MemberChoice {
    search: SearchState,
    check_in: Callback<MemberRow>,
    check_out: Callback<MemberRow>,
    /// Takes what was typed for a scanned code.
    check_in_code: Callback<String>,
}

impl MemberChoice {
    fn new(desk: DeskState, search: SearchState) -> Self {
        let link = StoredValue::new(use_link());
        let check_in = move |row: MemberRow| {
            search.clear();
            let (id, name) = (row.member.id.to_string(), Some(row.member.full_name));
            link.with_value(|link| desk.check_in(link, id, name, None));
        };
        let check_out = move |row: MemberRow| {
            search.clear();
            let (id, name) = (row.member.id, row.member.full_name);
            link.with_value(|link| desk.check_out_member(link, id, name));
        };
        let check_in_code = move |code: String| {
            search.clear();
            link.with_value(|link| desk.check_in(link, code, None, None));
        };
        Self {
            search,
            check_in: Callback::new(check_in),
            check_out: Callback::new(check_out),
            check_in_code: Callback::new(check_in_code),
        }
    }

    /// Acts on a key of the input; false for a key that types or moves as in any other input.
    fn takes_key(self, key: &str) -> bool {
        match key {
            "ArrowDown" => self.search.select_next(),
            "ArrowUp" => self.search.select_previous(),
            "Enter" => {
                self.enter();
                true
            }
            "Escape" => {
                self.search.clear();
                true
            }
            _ => false,
        }
    }

    fn enter(self) {
        if let Some(row) = self.search.selected_row() {
            self.check_in.run(row);
        } else if let Some(code) = self.search.typed_code() {
            self.check_in_code.run(code);
        }
    }
}

/// The members that the search found.
#[component]
fn FoundList(search: SearchState, choice: MemberChoice, utc_offset: Signal<i32>) -> impl IntoView {
    let row = move |(index, row): (usize, MemberRow)| {
        let is_selected = Signal::derive(move || search.selected.get() == index);
        let MemberChoice { check_in, check_out, .. } = choice;
        view! { <FoundRow row utc_offset is_selected check_in check_out/> }
    };
    view! {
        <Show when=move || search.rows.with(|rows| !rows.is_empty())>
            <ul
                class="card found-list"
                data-test="found"
                aria-busy=move || search.is_outdated.get().to_string()
            >
                <For
                    each=move || search.rows.get().into_iter().enumerate()
                    key=|(index, row)| (*index, row.member.id, row.in_since)
                    children=row
                />
            </ul>
        </Show>
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
