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

use app::App;
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        provide_context(socket::start());
        provide_context(browser::browser());
        view! { <App/> }
    });
}
