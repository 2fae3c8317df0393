//! What stands in the way, and the way out of it.

use crate::{
    guitar::performance::{Notice, Performance},
    link::use_link,
    ui::close_words,
};
use leptos::prelude::*;
use protocol::CloseCode;
use texts::{text, words};

/// A notice that goes away by itself.
#[component]
pub(crate) fn Toast(
    /// The notice.
    notice: RwSignal<Option<Notice>>,
) -> impl IntoView {
    view! {
        <div class="toast-place" role="status">
            {move || {
                notice
                    .get()
                    .map(|shown| {
                        view! {
                            <p class="toast">
                                <span>{move || shown.words()}</span>
                                <button
                                    type="button"
                                    class="toast-close"
                                    aria-label=text!(shared.close)
                                    on:click=move |_| notice.set(None)
                                >
                                    "×"
                                </button>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// Why the connection does not come back by itself, and what a person can do about it. Codes that
/// mean the end of the session are the page's own to explain.
#[component]
pub(crate) fn StoppedBar(
    /// The session.
    performance: Performance,
) -> impl IntoView {
    let link = use_link();
    let stopped = move || performance.stopped().filter(|code| !ends_session(*code));
    move || {
        let link = link.clone();
        stopped().map(|code| {
            let reload = code == CloseCode::Version;
            let act = move |_| match reload {
                true => drop(window().location().reload()),
                false => link.reconnect(),
            };
            view! {
                <div class="bar tone-bad" role="alert">
                    <p>{move || close_words(code)}</p>
                    <button type="button" class="button" on:click=act>
                        {move || match reload {
                            true => words!(shared.reload),
                            false => words!(shared.try_again),
                        }}
                    </button>
                </div>
            }
        })
    }
}

/// Whether a close code means that this browser no longer belongs to the session.
pub(crate) fn ends_session(code: CloseCode) -> bool {
    matches!(
        code,
        CloseCode::InvalidSession
            | CloseCode::Removed
            | CloseCode::NotSignedIn
            | CloseCode::NotAllowed
            | CloseCode::SignInRefused
    )
}
