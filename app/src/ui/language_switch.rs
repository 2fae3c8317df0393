//! The switch between the languages of the pages.

use crate::browser::use_browser;
use leptos::{ev::MouseEvent, prelude::*};
use texts::{Language, language, set_language};

/// A link that names the other language in that language. The page changes in place: nothing is
/// loaded anew, what is typed stays and the connection stays. A cookie remembers the choice for the
/// server's next page. Where no script runs, the link asks the server for the page in that language.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let browser = use_browser();
    let other = || match language() {
        Language::English => Language::Japanese,
        Language::Japanese => Language::English,
    };
    let change = move |event: MouseEvent| {
        event.prevent_default();
        let chosen = untrack(other);
        browser.with(|browser| browser.keep_language(chosen));
        set_language(chosen);
    };
    view! {
        <a
            href=move || format!("?lang={}", other().tag())
            rel="external"
            class="button button-quiet language-switch"
            hreflang=move || other().tag()
            lang=move || other().tag()
            data-test="language"
            on:click=change
        >
            {move || other().own_name()}
        </a>
    }
}
