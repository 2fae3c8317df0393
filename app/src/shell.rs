//! The document, the routes and the error pages.

use crate::{
    chunks::{DashboardPage, DeskPage, MISSING, MembersPage, SignInPage},
    client_files::{ClientFile, ClientFiles, PageKind, played_session},
    guitar, gym,
    page_words::client_words,
    ui,
};
use futures_util::future::LocalBoxFuture;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{Html, Meta, MetaTags, Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    location::RequestUrl,
    path,
};
use protocol::{Read, ServerMessage};
use std::iter;
use texts::{language, text, words};

/// The document around the pages, rendered by the server only. The scripts are our own and not
/// leptos' `HydrationScripts`: those put the nonce where `crossorigin` belongs, which makes Firefox
/// fetch the module twice (leptos #4843).
pub fn shell(options: LeptosOptions, files: &ClientFiles) -> impl IntoView + use<> {
    let page = PageKind::of(&address().0);
    let style = format!("/{}/{}", options.site_pkg_dir, files.style_of(page));
    let client = files.of(page).map(|(client, chunk)| client_tags(&options, client, chunk));
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
                {client}
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                {page_view(page)}
                {client_words(page)}
                <MissingPart/>
            </body>
        </html>
    }
}

/// The page in the body.
fn page_view(page: PageKind) -> AnyView {
    match page {
        PageKind::Landing => static_page(guitar::landing::Landing),
        PageKind::NotFound => static_page(ui::not_found::NotFound),
        PageKind::Phone => (PHONE.view)(),
        PageKind::Stage => (STAGE.view)(),
        PageKind::Practice => (PRACTICE.view)(),
        PageKind::SignIn
        | PageKind::Dashboard
        | PageKind::Desk
        | PageKind::Members
        | PageKind::LostInGym => (GYM.view)(),
    }
}

/// What makes a browser load a client: its files and those of the page's chunk are fetched side by
/// side.
fn client_tags(options: &LeptosOptions, client: &ClientFile, chunk: &[String]) -> AnyView {
    let pkg = format!("/{}", options.site_pkg_dir);
    let (js, wasm) = (format!("{pkg}/{}", client.js), format!("{pkg}/{}", client.wasm));
    let missing = format!("document.documentElement.setAttribute('{MISSING}', 'true')");
    let start = format!(
        "import('{js}').then(m => m.default({{module_or_path: '{wasm}'}}).then(() => m.hydrate()))\
         .catch(e => {{ {missing}; throw e }})"
    );
    let nonce = use_nonce();
    let modules: Vec<_> = iter::once(wasm.clone())
        .chain(chunk.iter().map(|file| format!("{pkg}/{file}")))
        .map(|href| {
            view! {
                <link rel="preload" href=href r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            }
        })
        .collect();
    view! {
        <link rel="modulepreload" href=js nonce=nonce.clone()/>
        {modules}
        <script type="module" nonce=nonce>{start}</script>
    }
    .into_any()
}

/// Shown while a part of the client is missing: see [`MISSING`].
#[component]
fn MissingPart() -> impl IntoView {
    view! {
        <div class="missing-part" role="alert">
            <p>{words!(shared.part_missing)}</p>
            <a class="button button-small" href="" rel="external">
                {words!(shared.reload_page)}
            </a>
        </div>
    }
}

/// A page that needs nothing of the client: it answers as soon as it is there.
fn static_page<V: IntoView + 'static>(page: fn() -> V) -> AnyView {
    provide_meta_context();
    view! {
        <Head/>
        <Html attr:data-product="guitar" attr:data-theme="dark" attr:data-hydrated="true"/>
        {page()}
    }
    .into_any()
}

/// A page of the guitar. Every link of it loads a document anew, so that it needs no router, which
/// a phone would have to download.
fn guitar_page(page: impl FnOnce(&str) -> AnyView) -> AnyView {
    begin();
    let (path, search) = address();
    provide_context(ui::Address::fixed(path.clone(), search));
    let page = page(&path);
    view! {
        <Head/>
        <Html attr:data-product="guitar" attr:data-theme="dark"/>
        {page}
    }
    .into_any()
}

/// What a client has for the body of its pages.
#[derive(Debug, Clone, Copy)]
pub struct PageBody {
    /// Reads what the server sends. The guitar's pages follow no gym, and are spared the code to
    /// read one.
    pub read: Read<ServerMessage>,
    /// A request that the client sends before hydration, if the page has one; the caller runs the future.
    pub early: fn() -> Option<LocalBoxFuture<'static, ()>>,
    /// The view.
    pub view: fn() -> AnyView,
}

impl PageBody {
    const fn of_guitar(view: fn() -> AnyView) -> Self {
        Self { read: ServerMessage::read_guitar, early: || None, view }
    }
}

/// The phone.
pub const PHONE: PageBody = PageBody {
    early: guitar::controller::early_join,
    ..PageBody::of_guitar(|| {
        guitar_page(|path| {
            let named = played_session(path).flatten();
            view! { <guitar::controller::Controller named/> }.into_any()
        })
    })
};

/// The PC of the guitar.
pub const STAGE: PageBody =
    PageBody::of_guitar(|| guitar_page(|_| view! { <guitar::stage::Stage/> }.into_any()));

/// The practices.
pub const PRACTICE: PageBody =
    PageBody::of_guitar(|| guitar_page(|_| view! { <guitar::practice::Practice/> }.into_any()));

/// The gym.
pub const GYM: PageBody =
    PageBody { read: ServerMessage::read, early: || None, view: || view! { <GymApp/> }.into_any() };

/// The gym's router. Pages with data are rendered whole before the first byte leaves, so that a refusal can
/// still become a status code or a redirect.
#[component]
pub fn GymApp() -> impl IntoView {
    begin();
    view! {
        <Head/>
        <Router>
            <ui::theme::DocumentLook/>
            <Routes fallback=ui::not_found::NotFound>
                <Route path=path!("/gym/sign-in") view={Lazy::<SignInPage>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("/gym") view=gym::frame::GymFrame ssr=SsrMode::Async>
                    <Route path=path!("") view={Lazy::<DashboardPage>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("desk") view={Lazy::<DeskPage>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("members") view={Lazy::<MembersPage>::new()} ssr=SsrMode::Async/>
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
        follow_language();
    }
    Effect::new(|_| mark_hydrated());
}

/// The head that every page has: title, description, colours.
#[component]
fn Head() -> impl IntoView {
    let title = |title: String| match title.is_empty() {
        true => "Cadence".to_owned(),
        false => format!("{title} · Cadence"),
    };
    view! {
        <Title formatter=title/>
        <Meta name="description" content=text!(shared.description)/>
    }
}

/// Keeps the document's attribute right when the language is switched.
fn follow_language() {
    let Some(root) = document().document_element() else { return };
    Effect::new(move |_| _ = root.set_attribute("lang", language().tag()));
}

/// Tells the style sheet and the tests that the page answers now: until then it only looks so.
fn mark_hydrated() {
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-hydrated", "true");
    }
}
