//! The switch between the languages of the pages.

use super::address::{search_with_language, use_address};
use crate::{browser::use_browser, page_words::words_in};
use leptos::{ev::MouseEvent, prelude::*};
use texts::{Language, language, set_language, words};

/// A link that names the other language in that language. The page changes in place: only the texts
/// are fetched, what is typed stays and the connection stays. A cookie keeps the choice for the
/// server's next page. Where no script runs, the link asks the server for the page in that language.
#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let browser = use_browser();
    let search = use_address().search;
    let address_in =
        move |language: Language| search_with_language(&search.get(), Some(language.tag()));
    let failed = RwSignal::new(false);
    let other = || match language() {
        Language::English => Language::Japanese,
        Language::Japanese => Language::English,
    };
    let change = move |event: MouseEvent| {
        event.prevent_default();
        failed.set(false);
        let chosen = untrack(other);
        let keeper = browser.clone();
        let apply = move || {
            keeper.with(|browser| browser.keep_language(chosen));
            set_language(chosen);
        };
        if texts::is_loaded(chosen) {
            return apply();
        }
        let take = move |page: Option<String>| {
            let words = page.as_deref().and_then(words_in);
            match words.is_some_and(|words| texts::load(chosen, words)) {
                true => apply(),
                false => drop(failed.try_set(true)),
            }
        };
        browser.with(|browser| browser.fetch_text(untrack(|| address_in(chosen)), Box::new(take)));
    };
    view! {
        <a
            href=move || address_in(other())
            rel="external"
            class="button button-quiet language-switch"
            hreflang=move || other().tag()
            lang=move || other().tag()
            data-test="language"
            on:click=change
        >
            {move || other().own_name()}
        </a>
        <span class="language-trouble" role="status">
            {move || failed.get().then(|| words!(shared.language_failed))}
        </span>
    }
}
