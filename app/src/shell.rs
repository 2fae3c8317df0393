//! The document, the routes, the error pages, and the port to the response's head.

use crate::{guitar, gym, ui};
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Meta, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};
use std::sync::Arc;

/// The head of the response to one page request. The server puts it into the request's context;
/// the browser has none.
pub trait Respond: Send + Sync {
    /// Sets the status.
    fn status(&self, status: u16);
    /// Sends the browser to another address of this site.
    fn redirect(&self, to: &str);
}

/// [`Respond`] as the server puts it into a request's context.
pub type SharedRespond = Arc<dyn Respond>;

/// The response's head, while one is being made.
pub fn use_respond() -> Option<SharedRespond> {
    use_context::<SharedRespond>()
}

/// Sets the response's status, where there is a response.
pub fn respond_status(status: u16) {
    if let Some(respond) = use_respond() {
        respond.status(status);
    }
}

/// The document around the pages, rendered by the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
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
    Effect::new(|_| mark_hydrated());
    let title = |title: String| match title.is_empty() {
        true => "Cadence".to_owned(),
        false => format!("{title} · Cadence"),
    };
    view! {
        <Title formatter=title/>
        <Meta
            name="description"
            content="A phone becomes the left hand of a guitar; a gym's desk and dashboards move together."
        />
        <Router>
            <ui::theme::DocumentLook/>
            <Routes fallback=ui::not_found::NotFound>
                <Route path=path!("/") view=guitar::landing::Landing/>
                <Route path=path!("/guitar") view=guitar::stage::Stage/>
                <Route path=path!("/play") view=guitar::controller::Controller ssr=SsrMode::Async/>
                <Route path=path!("/play/:session") view=guitar::controller::Controller ssr=SsrMode::Async/>
                <Route path=path!("/practice") view=guitar::practice::Practice ssr=SsrMode::Async/>
                <Route path=path!("/gym/sign-in") view=gym::sign_in::SignIn ssr=SsrMode::Async/>
                <ParentRoute path=path!("/gym") view=ui::GymPage ssr=SsrMode::Async>
                    <Route path=path!("") view=gym::dashboard::Dashboard ssr=SsrMode::Async/>
                    <Route path=path!("desk") view=gym::desk::Desk ssr=SsrMode::Async/>
                    <Route path=path!("members") view=gym::members::Members ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Tells the style sheet and the tests that the page answers now: until then it only looks so.
fn mark_hydrated() {
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-hydrated", "true");
    }
}
