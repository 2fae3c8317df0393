//! What is typed into the search, what it found, and which row Enter takes.

use crate::backend::{CallFailure, find_members};
use leptos::{html, prelude::*, task::spawn_local};
use protocol::http::MemberRow;
use std::time::Duration;

/// A pause in typing after which the search runs. It is longer than the longest pause within a
/// scan, so the start of a slow scan is not searched for, and a key that follows a fresh list
/// begins a new run of the scan detector.
const DEBOUNCE: Duration = Duration::from_millis(150);
/// The shortest text that is searched for, in characters.
const SHORTEST_TEXT: usize = 2;

type SearchResult = Result<Vec<MemberRow>, CallFailure>;

/// The state of the search.
#[derive(Clone, Copy)]
pub(crate) struct SearchState {
    input: NodeRef<html::Input>,
    /// The text in the input.
    pub query: RwSignal<String>,
    /// The answer to that text; `None` for a text that is too short, or has no answer yet.
    pub found: Signal<Option<SearchResult>>,
    /// The members found.
    pub rows: Memo<Vec<MemberRow>>,
    /// The row that Enter takes.
    pub selected: RwSignal<usize>,
    /// Whether the text has changed since the rows were found.
    pub is_outdated: Memo<bool>,
}

impl SearchState {
    /// A search in an input.
    pub(crate) fn new(input: NodeRef<html::Input>) -> Self {
        let query = RwSignal::new(String::new());
        let searched = RwSignal::new(String::new());
        let found = use_found_members(query, searched);
        let rows = Memo::new(move |_| match found.get() {
            Some(Ok(rows)) => rows,
            _ => Vec::new(),
        });
        let selected = RwSignal::new(0);
        Effect::new(move |_| {
            rows.track();
            selected.set(0);
        });
        let is_outdated = Memo::new(move |_| {
            query.with(|query| searched.with(|searched| query.trim() != searched))
        });
        Self { input, query, found, rows, selected, is_outdated }
    }

    /// Empties the input and gives it the focus.
    pub(crate) fn clear(&self) {
        self.query.set(String::new());
        if let Some(input) = self.input.get_untracked() {
            input.set_value("");
            _ = input.focus();
        }
    }

    /// The row that Enter takes; `None` while the rows belong to a text that has changed since.
    pub(crate) fn selected_row(&self) -> Option<MemberRow> {
        if self.is_outdated.get_untracked() {
            return None;
        }
        let selected = self.selected.get_untracked();
        self.rows.with_untracked(|rows| rows.get(selected).cloned())
    }

    /// The text as a member's number or a card's code; `None` for a name.
    pub(crate) fn typed_code(&self) -> Option<String> {
        let typed = self.query.with_untracked(|query| query.trim().to_owned());
        typed.contains(|c: char| c.is_ascii_digit()).then_some(typed)
    }

    /// Selects the row below, from the last one the first; false when there are no rows.
    pub(crate) fn select_next(&self) -> bool {
        self.select(|row, count| (row + 1) % count)
    }

    /// Selects the row above, from the first one the last; false when there are no rows.
    pub(crate) fn select_previous(&self) -> bool {
        self.select(|row, count| (row + count - 1) % count)
    }

    fn select(&self, next: impl FnOnce(usize, usize) -> usize) -> bool {
        let count = self.rows.with_untracked(Vec::len);
        if count > 0 {
            self.selected.update(|row| *row = next(*row, count));
        }
        count > 0
    }
}

/// Searches a moment after the last key; an answer to an older text is dropped.
fn use_found_members(
    query: RwSignal<String>,
    searched: RwSignal<String>,
) -> Signal<Option<SearchResult>> {
    let found = RwSignal::new(None);
    let newest = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let text = query.with(|query| query.trim().to_owned());
        newest.update_value(|newest| *newest += 1);
        let this = newest.get_value();
        if text.chars().count() < SHORTEST_TEXT {
            return found.set(None);
        }
        let search = move || {
            spawn_local(async move {
                let result = find_members(text.clone()).await;
                // The page may have gone in the meantime.
                if newest.try_get_value() == Some(this) {
                    searched.set(text);
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
