//! The browser edge: it carries out what `logic` decides and contains no rules.
//!
//! - [`socket`]: carries out the effects of `logic::link`
//! - [`outbox`]: commands in IndexedDB until they are answered
//! - [`session`]: refreshing a sign-in, tickets
//! - [`page`]: visibility, network, and the clocks
//! - [`browser`], [`sound`]: everything else that pages ask of a browser

mod browser;
mod outbox;
mod page;
mod session;
mod socket;
mod sound;

use app::{chunks, client_files::PageKind};
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered, when its chunks are loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let page = PageKind::of(&window().location().pathname().unwrap_or_default());
    wasm_bindgen_futures::spawn_local(async move {
        chunks::load(page).await;
        let Some(body) = chunks::body(page).await else { return };
        leptos::mount::hydrate_body(move || {
            provide_context(socket::start(body.read));
            provide_context(browser::browser());
            (body.view)()
        });
    });
}
