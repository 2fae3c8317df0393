//! The document, the routes and the error pages.

use crate::{
    client_files::{ClientFiles, Part},
    guitar, gym, ui,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{Html, Meta, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    location::RequestUrl,
    path,
};
use texts::{Language, language, set_language, words};

/// The document around the pages, rendered by the server only. The scripts are our own and not
/// leptos' `HydrationScripts`: those know one client, and put the nonce where `crossorigin`
/// belongs, which makes Firefox fetch the module twice (leptos #4843).
pub fn shell(options: LeptosOptions, files: &ClientFiles) -> impl IntoView + use<> {
    let part = Part::of(&address().0);
    let pkg = format!("/{}", options.site_pkg_dir);
    let client = files.of(part);
    let (js, wasm) = (format!("{pkg}/{}", client.js), format!("{pkg}/{}", client.wasm));
    let start = format!(
        "import('{js}').then(m => m.default({{module_or_path: '{wasm}'}}).then(() => m.hydrate()))"
    );
    let style = format!("{pkg}/{}", files.css);
    let nonce = use_nonce();
    view! {
        <!DOCTYPE html>
        <html lang=language().tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="theme-color" content="#120f0c"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <link rel="stylesheet" id="cadence-style" href=style/>
                <link rel="modulepreload" href=js nonce=nonce.clone()/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <AutoReload options/>
                <script type="module" nonce=nonce>{start}</script>
                <MetaTags/>
            </head>
            <body>
                {match part {
                    Part::Play => view! { <PlayApp/> }.into_any(),
                    Part::Stage => view! { <StageApp/> }.into_any(),
                    Part::Gym => view! { <GymApp/> }.into_any(),
                }}
            </body>
        </html>
    }
}

/// The phone, and the page for addresses that no page has. Every link of it loads a page anew, so
/// that it needs no router, which a phone would have to download.
#[component]
pub fn PlayApp() -> impl IntoView {
    use guitar::controller::Controller;
    begin();
    let (path, search) = address();
    let played = played_session(&path);
    provide_context(ui::Address::fixed(path, search));
    let page = match played {
        Some(named) => view! { <Controller named/> }.into_any(),
        None => view! { <ui::not_found::NotFound/> }.into_any(),
    };
    view! {
        <Head/>
        <Html attr:data-product="guitar" attr:data-theme="dark"/>
        {page}
    }
}

/// `/play` and `/play/{session}`: the session that is named, if one is. `None` for other paths.
fn played_session(path: &str) -> Option<Option<String>> {
    match path.strip_prefix("/play")? {
        "" => Some(None),
        rest => {
            let named = rest.strip_prefix('/')?;
            (!named.is_empty() && !named.contains('/')).then(|| Some(named.to_owned()))
        }
    }
}

/// The PC of the guitar, and the start page. Pages with data are rendered whole before the first
/// byte leaves, so that a refusal can still become a status code or a redirect.
#[component]
pub fn StageApp() -> impl IntoView {
    use guitar::{landing::Landing, practice::Practice, stage::Stage};
    begin();
    view! {
        <Head/>
        <Router>
            <ui::theme::DocumentLook/>
            <Routes fallback=ui::not_found::NotFound>
                <Route path=path!("/") view=Landing/>
                <Route path=path!("/guitar") view=Stage/>
                <Route path=path!("/practice") view=Practice ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// The gym.
#[component]
pub fn GymApp() -> impl IntoView {
    use gym::{dashboard::Dashboard, desk::Desk, members::Members, sign_in::SignIn};
    begin();
    view! {
        <Head/>
        <Router>
            <ui::theme::DocumentLook/>
            <Routes fallback=ui::not_found::NotFound>
                <Route path=path!("/gym/sign-in") view=SignIn ssr=SsrMode::Async/>
                <ParentRoute path=path!("/gym") view=gym::frame::GymFrame ssr=SsrMode::Async>
                    <Route path=path!("") view=Dashboard ssr=SsrMode::Async/>
                    <Route path=path!("desk") view=Desk ssr=SsrMode::Async/>
                    <Route path=path!("members") view=Members ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Path and query of the page: on the server from the request, in a browser from the window.
fn address() -> (String, String) {
    if cfg!(feature = "hydrate") {
        let location = window().location();
        return (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    }
    let url = use_context::<RequestUrl>().map(|url| url.as_ref().to_owned()).unwrap_or_default();
    // leptos puts a host of its own before the path.
    let url = url.strip_prefix("http://leptos.dev").unwrap_or(&url);
    let (path, search) = url.split_once('?').unwrap_or((url, ""));
    (path.to_owned(), search.to_owned())
}

fn begin() {
    provide_meta_context();
    if cfg!(feature = "hydrate") {
        adopt_language();
    }
    Effect::new(|_| mark_hydrated());
}

/// What every page says of itself.
#[component]
fn Head() -> impl IntoView {
    let title = |title: String| match title.is_empty() {
        true => "Cadence".to_owned(),
        false => format!("{title} · Cadence"),
    };
    view! {
        <Title formatter=title/>
        <Meta name="description" content=move || words!(shared.description)/>
    }
}

/// Begins in the language of the document, which the server chose, and keeps the document's
/// attribute right when the language is switched.
fn adopt_language() {
    let Some(root) = document().document_element() else { return };
    let served = root.get_attribute("lang").and_then(|tag| Language::of_tag(&tag));
    set_language(served.unwrap_or_default());
    Effect::new(move |_| _ = root.set_attribute("lang", language().tag()));
}

/// Tells the style sheet and the tests that the page answers now: until then it only looks so.
fn mark_hydrated() {
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-hydrated", "true");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phone_has_two_addresses() {
        assert_eq!(played_session("/play"), Some(None));
        assert_eq!(played_session("/play/abc"), Some(Some("abc".to_owned())));
        for other in ["/", "/play/", "/player", "/play/abc/", "/play/abc/d", "/nowhere"] {
            assert_eq!(played_session(other), None, "{other}");
        }
    }
}
