//! The browser edge: it carries out what `logic` decides and contains no rules.
//!
//! - [`socket`]: carries out the effects of `logic::link`
//! - [`outbox`]: commands in IndexedDB until they are answered
//! - [`sign_in`]: refreshing a sign-in, tickets
//! - [`page`]: visibility, network, and the clocks
//! - [`contents`]: which pages this client has
//! - [`browser`], [`sound`]: everything else that pages ask of a browser

mod browser;
mod contents;
mod outbox;
mod page;
mod sign_in;
mod socket;
mod sound;

use app::{
    chunks,
    client_files::PageKind,
    page_words::adopt_words,
    shell::{GYM, PHONE, PRACTICE, PageBody, STAGE},
};
use contents::WHOLE;
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered, when its chunk is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    // A release client traps without a text.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    let page = PageKind::of(&window().location().pathname().unwrap_or_default());
    // Another client's page, or one without code, stays what was rendered.
    let Some(body) = body(page) else { return };
    if !adopt_words() {
        chunks::show_missing(true);
        return;
    }
    if let Some(early) = (body.early)() {
        wasm_bindgen_futures::spawn_local(early);
    }
    wasm_bindgen_futures::spawn_local(async move {
        chunks::load(page).await;
        leptos::mount::hydrate_body(move || {
            provide_context(socket::start(body.read));
            provide_context(browser::browser());
            (body.view)()
        });
    });
}

/// The body of a page that this client has.
fn body(page: PageKind) -> Option<PageBody> {
    match page.client()? {
        "phone" if WHOLE || cfg!(feature = "phone") => Some(PHONE),
        "stage" if WHOLE || cfg!(feature = "stage") => Some(STAGE),
        "practice" if WHOLE || cfg!(feature = "practice") => Some(PRACTICE),
        "gym" if WHOLE || cfg!(feature = "gym") => Some(GYM),
        _ => None,
    }
}
