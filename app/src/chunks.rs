//! The gym's pages as chunks of its client: each is downloaded when it is first shown.
//!
//! With the feature `split` a chunk is a WebAssembly module of its own, which the build cuts out
//! of the client (`xtask/src/wasm.rs`). Without it, and on the server, it is part of the program,
//! and loading it takes no time.

use crate::{client_files::PageKind, gym};
use futures_channel::oneshot;
use leptos::{ev, prelude::*};
use leptos_router::LazyRoute;
use std::{cell::RefCell, rc::Rc, time::Duration};
use texts::words;

/// A chunk could not be fetched: no network, or the server has another release by now.
pub use leptos::wasm_split::SplitLoaderError as ChunkMissing;

/// Makes of each line a chunk: a function that loads it, and one that also makes its view.
macro_rules! chunks {
    ($($name:ident, $load:ident => $view:expr;)*) => {$(
        #[cfg(feature = "split")]
        #[leptos::wasm_split::wasm_split(
            $name,
            wasm_split_path = leptos::wasm_split,
            preload($load),
            fallible
        )]
        fn $name() -> Result<AnyView, ChunkMissing> {
            Ok($view)
        }

        #[cfg(not(feature = "split"))]
        async fn $name() -> Result<AnyView, ChunkMissing> {
            Ok($view)
        }

        #[cfg(not(feature = "split"))]
        async fn $load() -> Result<(), ChunkMissing> {
            Ok(())
        }
    )*};
}

chunks! {
    sign_in, load_sign_in => view! { <gym::sign_in::SignIn/> }.into_any();
    dashboard, load_dashboard => view! { <gym::dashboard::Dashboard/> }.into_any();
    desk, load_desk => view! { <gym::desk::Desk/> }.into_any();
    members, load_members => view! { <gym::members::Members/> }.into_any();
}

/// Makes of each line a page of the gym's router. While its chunk is on the way the router keeps
/// the page before it.
macro_rules! lazy_pages {
    ($($(#[doc = $doc:literal])* $page:ident => $view:ident, $load:ident;)*) => {$(
        $(#[doc = $doc])*
        pub(crate) struct $page;

        impl LazyRoute for $page {
            fn data() -> Self {
                Self
            }

            async fn view(_: Self) -> AnyView {
                until_loaded($view).await
            }

            async fn preload() {
                until_loaded($load).await;
            }
        }
    )*};
}

lazy_pages! {
    /// `/gym/sign-in`
    SignInPage => sign_in, load_sign_in;
    /// `/gym`
    DashboardPage => dashboard, load_dashboard;
    /// `/gym/desk`
    DeskPage => desk, load_desk;
    /// `/gym/members`
    MembersPage => members, load_members;
}

/// Waits until the chunk of a page is loaded, if it has one.
pub async fn load(page: PageKind) {
    match page {
        PageKind::SignIn => until_loaded(load_sign_in).await,
        PageKind::Dashboard => until_loaded(load_dashboard).await,
        PageKind::Desk => until_loaded(load_desk).await,
        PageKind::Members => until_loaded(load_members).await,
        PageKind::Landing
        | PageKind::Phone
        | PageKind::Stage
        | PageKind::Practice
        | PageKind::LostInGym
        | PageKind::NotFound => {}
    }
}

/// The attribute of `<html>` that shows the shell's note about a missing part.
pub(crate) const MISSING: &str = "data-chunk-missing";

/// The longest pause before a chunk is asked for again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Tries again until the chunk is there. Meanwhile the page shows that a part of it is missing, and
/// stays as it is, with everything that was typed into it.
async fn until_loaded<T, F>(load: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, ChunkMissing>>,
{
    let mut wait = Duration::from_secs(1);
    loop {
        if let Ok(loaded) = load().await {
            if wait > Duration::from_secs(1) {
                show_missing(false);
            }
            return loaded;
        }
        show_missing(true);
        time_to_retry(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Shows or hides the shell's note about a missing part.
pub fn show_missing(missing: bool) {
    let Some(root) = document().document_element() else { return };
    _ = match missing {
        true => root.set_attribute(MISSING, "true"),
        false => root.remove_attribute(MISSING),
    };
    // The note stands outside of the client's view, so it does not follow a switch of the language.
    if texts::is_loaded(texts::language()) {
        show_text(".missing-part p", words!(shared.part_missing));
        show_text(".missing-part a", words!(shared.reload_page));
    }
}

fn show_text(selector: &str, text: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        element.set_text_content(Some(text));
    }
}

/// Waits for a while, or until the network is back.
async fn time_to_retry(wait: Duration) {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let wake = move || {
        if let Some(sender) = sender.take() {
            // The receiver lives until the end of this function.
            _ = sender.send(());
        }
    };
    let timer = set_timeout_with_handle(wake.clone(), wait);
    let online = window_event_listener(ev::online, move |_| wake());
    _ = receiver.await;
    online.remove();
    if let Ok(timer) = timer {
        timer.clear();
    }
}
