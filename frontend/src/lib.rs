//! The browser edge: it carries out what `logic` decides and contains no rules.
//!
//! - [`socket`]: carries out the effects of `logic::link`
//! - [`outbox`]: commands in IndexedDB until they are answered
//! - [`sign_in`]: refreshing a sign-in, tickets
//! - [`page`]: visibility, network, and the clocks
//! - [`browser`], [`sound`]: everything else that pages ask of a browser

mod browser;
mod outbox;
mod page;
mod sign_in;
mod socket;
mod sound;

use app::{GymApp, PlayApp, StageApp, client_files::Part};
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Without a feature, this client has every part.
const WHOLE: bool = !(cfg!(feature = "play") || cfg!(feature = "stage") || cfg!(feature = "gym"));

/// Takes over the page that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let path = window().location().pathname().unwrap_or_default();
    match Part::of(&path) {
        Part::Play if WHOLE || cfg!(feature = "play") => mount(|| view! { <PlayApp/> }.into_any()),
        Part::Stage if WHOLE || cfg!(feature = "stage") => {
            mount(|| view! { <StageApp/> }.into_any());
        }
        Part::Gym if WHOLE || cfg!(feature = "gym") => mount(|| view! { <GymApp/> }.into_any()),
        // The server named this part's client for another part's page: stay what was rendered.
        Part::Play | Part::Stage | Part::Gym => {}
    }
}

fn mount(app: impl FnOnce() -> AnyView + 'static) {
    leptos::mount::hydrate_body(move || {
        provide_context(socket::start());
        provide_context(browser::browser());
        app()
    });
}
