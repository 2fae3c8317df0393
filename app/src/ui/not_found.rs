//! The page for an address that leads nowhere.

use crate::{response::respond_status, ui::Brand};
use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, with status 404, and offers the ways in.
#[component]
pub fn NotFound() -> impl IntoView {
    respond_status(404);
    view! {
        <Title text="Page not found"/>
        <main class="lone">
            <Brand/>
            <section class="notice">
                <h1>"There is no page here"</h1>
                <p>"The address may be mistyped, or the page has moved. These are the ways in:"</p>
                <p class="notice-actions">
                    <a class="button button-primary" href="/guitar" rel="external">"Guitar on this PC"</a>
                    <a class="button" href="/play" rel="external">"Phone as left hand"</a>
                    <a class="button" href="/gym" rel="external">"Gym"</a>
                </p>
            </section>
        </main>
    }
}
