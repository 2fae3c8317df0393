//! Where the page is, with a router or without.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Url};

/// The page's address; get it by [`use_address`].
#[derive(Clone, Copy)]
pub struct Address {
    /// The path.
    pub path: Signal<String>,
    /// The query, without its question mark.
    pub search: Signal<String>,
}

impl Address {
    /// The address as the router changes it.
    pub fn routed() -> Self {
        let location = use_location();
        Self { path: location.pathname.into(), search: location.search.into() }
    }

    /// The address of a page that stays where it is.
    pub fn fixed(path: String, search: String) -> Self {
        Self { path: Signal::stored(path), search: Signal::stored(search) }
    }
}

/// The address of this page.
pub fn use_address() -> Address {
    use_context::<Address>().unwrap_or_else(|| Address::fixed(String::new(), String::new()))
}

/// Where to sign in so as to come back to a page.
pub fn sign_in_address(path: &str, search: &str) -> String {
    let here = match search.trim_start_matches('?') {
        "" => path.to_owned(),
        search => format!("{path}?{search}"),
    };
    format!("/gym/sign-in?next={}", Url::escape(&here))
}
