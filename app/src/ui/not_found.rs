//! The page for an address that leads nowhere.

use crate::{
    response::respond_status,
    ui::{Brand, LanguageSwitch},
};
use leptos::prelude::*;
use leptos_meta::Title;
use texts::text;

/// Says so, with status 404, and offers the ways in.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    respond_status(404);
    view! {
        <Title text=text!(shared.not_found_title)/>
        <main class="lone">
            <Brand/>
            <section class="notice">
                <h1>{text!(shared.not_found_heading)}</h1>
                <p>{text!(shared.not_found_text)}</p>
                <p class="notice-actions">
                    <a class="button button-primary" href="/guitar" rel="external">{text!(shared.not_found_guitar)}</a>
                    <a class="button" href="/play" rel="external">{text!(shared.not_found_phone)}</a>
                    <a class="button" href="/gym" rel="external">{text!(shared.not_found_gym)}</a>
                </p>
            </section>
            <LanguageSwitch/>
        </main>
    }
}
