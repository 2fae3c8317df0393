//! Where the page is, with a router or without.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Url};

/// The page's address; get it by [`use_address`].
#[derive(Clone, Copy)]
pub(crate) struct Address {
    /// The path.
    pub path: Signal<String>,
    /// The query, without its question mark.
    pub search: Signal<String>,
}

impl Address {
    /// The address as the router changes it.
    pub(crate) fn routed() -> Self {
        let location = use_location();
        Self { path: location.pathname.into(), search: location.search.into() }
    }

    /// The address of a page that stays where it is.
    pub(crate) fn fixed(path: String, search: String) -> Self {
        Self { path: Signal::stored(path), search: Signal::stored(search) }
    }
}

/// The address of this page.
pub(crate) fn use_address() -> Address {
    use_context::<Address>().unwrap_or_else(|| Address::fixed(String::new(), String::new()))
}

/// The query of an address that asks for a language, with all else that stands in `search`; without
/// a language one that asks for none.
pub fn search_with_language(search: &str, tag: Option<&str>) -> String {
    let others = search.trim_start_matches('?').split('&');
    let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let language = tag.map(|tag| format!("lang={tag}"));
    let pairs: Vec<_> = others.map(str::to_owned).chain(language).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Where to sign in so as to come back to a page.
pub(crate) fn sign_in_address(path: &str, search: &str) -> String {
    let here = match search.trim_start_matches('?') {
        "" => path.to_owned(),
        search => format!("{path}?{search}"),
    };
    format!("/gym/sign-in?next={}", Url::escape(&here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_in_the_address_is_replaced_and_the_rest_stays() {
        for (search, tag, wanted) in [
            ("", Some("ja"), "?lang=ja"),
            ("?lang=en", Some("ja"), "?lang=ja"),
            ("?next=%2Fgym&lang=en&q=a", Some("ja"), "?next=%2Fgym&q=a&lang=ja"),
            ("page=2", Some("en"), "?page=2&lang=en"),
            ("?lang=ja", None, ""),
            ("?q=lang&lang=ja", None, "?q=lang"),
        ] {
            assert_eq!(search_with_language(search, tag), wanted, "{search}");
        }
    }
}
