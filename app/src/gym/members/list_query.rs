//! What the address of the list asks for.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, location::Url};

/// The address of the whole list.
pub(crate) const LIST_PATH: &str = "/gym/members";

/// A text to search for and a page of what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// The text; empty for all members.
    pub text: String,
    /// The page, from 1.
    pub page: u32,
}

impl ListQuery {
    /// The address of the list that this asks for.
    pub(crate) fn address(text: &str, page: u32) -> String {
        match (text.trim(), page) {
            ("", 1) => LIST_PATH.to_owned(),
            ("", page) => format!("{LIST_PATH}?page={page}"),
            (text, 1) => format!("{LIST_PATH}?q={}", Url::escape(text)),
            (text, page) => format!("{LIST_PATH}?q={}&page={page}", Url::escape(text)),
        }
    }
}

/// The query of the present address, kept up to date by the router.
pub(crate) fn use_list_query() -> Memo<ListQuery> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let page = query.get_str("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let text = query.get_str("q").unwrap_or_default().to_owned();
            ListQuery { text, page: page.max(1) }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_what_differs_from_the_whole_list() {
        assert_eq!(ListQuery::address(" ", 1), "/gym/members");
        assert_eq!(ListQuery::address("", 3), "/gym/members?page=3");
        assert_eq!(ListQuery::address("li ", 1), "/gym/members?q=li");
        assert_eq!(ListQuery::address("li", 2), "/gym/members?q=li&page=2");
    }
}
