//! The document, the routes and the error pages.

use crate::{gym, guitar, ui};
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The document around the pages, rendered by the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme="dark">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="theme-color" content="#120f0c"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <HashedStylesheet options=options.clone() id="cadence-style"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Every page of Cadence. Pages with data are rendered whole before the first byte leaves, so
/// that a refusal can still become a status code or a redirect.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Cadence".to_owned() } else { format!("{title} · Cadence") }/>
        <Router>
            <Routes fallback=ui::not_found::NotFound>
                <Route path=path!("/") view=guitar::landing::Landing/>
                <Route path=path!("/guitar") view=guitar::stage::Stage/>
                <Route path=path!("/play") view=guitar::controller::Controller ssr=SsrMode::Async/>
                <Route path=path!("/play/:session") view=guitar::controller::Controller ssr=SsrMode::Async/>
                <Route path=path!("/practice") view=guitar::practice::Practice ssr=SsrMode::Async/>
                <Route path=path!("/gym/sign-in") view=gym::sign_in::SignIn ssr=SsrMode::Async/>
                <Route path=path!("/gym") view=gym::dashboard::Dashboard ssr=SsrMode::Async/>
                <Route path=path!("/gym/desk") view=gym::desk::Desk ssr=SsrMode::Async/>
                <Route path=path!("/gym/members") view=gym::members::Members ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
