//! The desk's one input: a name, a number or a telephone, from two letters on.

use super::entries::Desk;
use crate::{
    backend::{Failure, find_members},
    gym::words,
    link::use_link,
    ui::{Avatar, Badge, Icon, IconName, Tone},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use logic::text;
use protocol::http::{MemberRow, Standing};
use std::time::Duration;

/// A pause in typing after which the search runs.
const DEBOUNCE: Duration = Duration::from_millis(120);
const SHORTEST: usize = 2;

/// The input and what it found.
#[component]
pub fn MemberSearch(
    /// The desk that acts on a choice.
    desk: Desk,
    /// The input, so that the page can give it the focus.
    input: NodeRef<html::Input>,
    /// The gym's time, in minutes ahead of UTC.
    utc_offset: Signal<i32>,
) -> impl IntoView {
    let link = StoredValue::new(use_link());
    let query = RwSignal::new(String::new());
    let selected = RwSignal::new(0_usize);
    let found = use_search(query);
    let rows = Memo::new(move |_| match found.get() {
        Some(Ok(rows)) => rows,
        _ => Vec::new(),
    });
    Effect::new(move |_| {
        rows.track();
        selected.set(0);
    });
    let clear = move || {
        query.set(String::new());
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            _ = input.focus();
        }
    };
    let check_in = move |row: &MemberRow| {
        let name = Some(row.member.full_name.clone());
        clear();
        link.with_value(|link| desk.check_in(link, row.member.id.to_string(), name, None));
    };
    let check_out = move |row: &MemberRow| {
        let name = Some(row.member.full_name.clone());
        clear();
        link.with_value(|link| desk.check_out(link, None, Some(row.member.id), name));
    };
    let enter = move || {
        let rows = rows.get_untracked();
        let typed = query.get_untracked().trim().to_owned();
        match rows.get(selected.get_untracked()) {
            Some(row) => check_in(row),
            // A number typed by hand counts like a scanned one.
            None if typed.contains(|c: char| c.is_ascii_digit()) => {
                clear();
                link.with_value(|link| desk.check_in(link, typed, None, None));
            }
            None => {}
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = rows.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => selected.update(|row| *row = (*row + 1) % count),
            "ArrowUp" if count > 0 => selected.update(|row| *row = (*row + count - 1) % count),
            "Enter" => enter(),
            "Escape" => clear(),
            _ => return,
        }
        event.prevent_default();
    };
    let option = move |(index, row): (usize, MemberRow)| {
        let (act, leave) = (row.clone(), row.clone());
        let is_selected = move || selected.get() == index;
        let badge = match (row.in_since, row.standing) {
            (Some(since), _) => {
                let since = text::clock(since, utc_offset.get_untracked());
                Some(view! { <Badge tone=Tone::Good text=format!("in since {since}")/> })
            }
            (None, Standing::Active) => None,
            (None, standing) => {
                let (word, tone) = words::standing(standing);
                Some(view! { <Badge tone text=word/> })
            }
        };
        let plan = row.membership.as_ref().map(words::plan);
        let note = [Some(row.member.number.clone()), plan, row.phone.clone()];
        let note = note.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! {
            <li class="found" class:found-selected=is_selected>
                <button
                    type="button"
                    class="found-act"
                    id=format!("found-{index}")
                    aria-label=format!("Check in {}", row.member.full_name)
                    on:click=move |_| check_in(&act)
                >
                    <Avatar name=row.member.full_name.clone()/>
                    <span class="found-text">
                        <span class="found-name">{row.member.full_name.clone()}</span>
                        <span class="found-note number">{note}</span>
                    </span>
                    {badge}
                    {move || is_selected().then(|| view! { <kbd class="wide-only">"Enter"</kbd> })}
                </button>
                {row
                    .in_since
                    .map(|_| {
                        view! {
                            <button
                                type="button"
                                class="button button-small"
                                aria-label=format!("Check out {}", leave.member.full_name)
                                on:click=move |_| check_out(&leave)
                            >
                                "Check out"
                            </button>
                        }
                    })}
            </li>
        }
    };
    let spoken = move || match found.get() {
        None => String::new(),
        Some(Err(failure)) => failure.0.message,
        Some(Ok(rows)) => match rows.get(selected.get()) {
            None => "Nobody found".to_owned(),
            Some(row) => format!(
                "{} found. {}, {} of {}",
                rows.len(),
                row.member.full_name,
                selected.get() + 1,
                rows.len()
            ),
        },
    };
    let trouble = move || match found.get() {
        Some(Err(failure)) => Some(failure.0.message),
        Some(Ok(rows)) if rows.is_empty() => {
            Some("Nobody found. Try the number, the telephone or fewer letters.".to_owned())
        }
        _ => None,
    };
    let numbered = move || rows.get().into_iter().enumerate().collect::<Vec<_>>();
    view! {
        <div class="desk-search">
            <div class="desk-input">
                <Icon name=IconName::Search/>
                <input
                    class="input"
                    node_ref=input
                    type="text"
                    aria-label="Name, number or telephone"
                    placeholder="Scan, or type a name or number"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    on:input=move |event| query.set(event_target_value(&event))
                    on:keydown=on_key
                />
            </div>
            <span class="sr-only" role="status">
                {spoken}
            </span>
            {move || trouble().map(|sentence| view! { <p class="desk-trouble">{sentence}</p> })}
            <Show when=move || rows.with(|rows| !rows.is_empty())>
                <ul class="card found-list" data-test="found">
                    <For
                        each=numbered
                        key=|(index, row)| (*index, row.member.id, row.in_since)
                        children=option
                    />
                </ul>
            </Show>
        </div>
    }
}

/// Searches a moment after the last key; only the newest search may answer.
fn use_search(query: RwSignal<String>) -> Signal<Option<Result<Vec<MemberRow>, Failure>>> {
    let found = RwSignal::new(None);
    let newest = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let text = query.with(|query| query.trim().to_owned());
        newest.update_value(|newest| *newest += 1);
        let this = newest.get_value();
        if text.chars().count() < SHORTEST {
            return found.set(None);
        }
        let search = move || {
            spawn_local(async move {
                let result = find_members(text).await;
                // The page may have gone in the meantime.
                if newest.try_get_value() == Some(this) {
                    found.set(Some(result));
                }
            });
        };
        if let Ok(timer) = set_timeout_with_handle(search, DEBOUNCE) {
            on_cleanup(move || timer.clear());
        }
    });
    found.into()
}
