//! What a list shows when it has nothing to show: nothing there, not there yet, or not to be had.

use crate::{backend::CallFailure, ui::error_words};
use leptos::{prelude::*, text_prop::TextProp};
use protocol::ErrorCode;
use texts::{text, words};

/// Nothing there, and what would change that.
#[component]
pub(crate) fn Empty(
    /// What is not there: `No visits yet today`.
    #[prop(into)]
    title: TextProp,
    /// What happens next, or what to do.
    #[prop(into)]
    text: TextProp,
    /// A link or button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state">
            <p class="state-title">{move || title.get()}</p>
            <p class="state-text">{move || text.get()}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// The shape of a list that is on its way.
#[component]
pub(crate) fn Loading(
    /// How many rows to draw.
    #[prop(default = 4)]
    rows: usize,
) -> impl IntoView {
    let row = || {
        view! {
            <div class="skeleton-row">
                <span class="skeleton skeleton-dot"></span>
                <span class="skeleton skeleton-line"></span>
            </div>
        }
    };
    view! {
        <div class="skeletons" role="status">
            <span class="sr-only">{text!(shared.loading)}</span>
            {(0..rows).map(|_| row()).collect_view()}
        </div>
    }
}

/// Something could not be had: what happened, what it means, what to do.
#[component]
pub(crate) fn ErrorCard(
    /// What is missing: `This list could not be shown`.
    #[prop(into)]
    title: TextProp,
    /// Why.
    failure: CallFailure,
    /// What Try again does.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let reference = reference(failure.0.code);
    view! {
        <div class="state state-error" role="alert">
            <p class="state-title">{move || title.get()}</p>
            <p class="state-text">{move || error_words(&failure.0)}</p>
            <p class="state-text">{text!(shared.reference)} " " <code>{reference}</code></p>
            {retry
                .map(|retry| {
                    view! {
                        <button type="button" class="button" on:click=move |_| retry.run(())>
                            {text!(shared.try_again)}
                        </button>
                    }
                })}
        </div>
    }
}

/// Keeps a broken part to itself: when something inside renders as `Err`, its place shows what
/// broke, and the rest of the page lives.
#[component]
pub(crate) fn Guarded(
    /// The part as its title names it: `Activity`.
    #[prop(into)]
    what: TextProp,
    /// What Try again does besides rendering the part anew.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
    /// The part.
    children: Children,
) -> impl IntoView {
    let fallback = move |errors: ArcRwSignal<Errors>| {
        let what = what.clone();
        let part_failed = move || words!(shared.part_failed, what = what.get());
        let again = errors.clone();
        let reasons = move || {
            let reasons = errors.get().into_iter().map(|(_, error)| match error.downcast_ref() {
                Some(CallFailure(error)) => error_words(error),
                None => error.to_string(),
            });
            reasons.collect::<Vec<_>>().join(" ")
        };
        view! {
            <div class="state state-error" role="alert">
                <p class="state-title">{part_failed}</p>
                <p class="state-text">{reasons} " " {text!(shared.rest_works)}</p>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        if let Some(retry) = retry {
                            retry.run(());
                        }
                        again.set(Errors::default());
                    }
                >
                    {text!(shared.try_again)}
                </button>
            </div>
        }
    };
    view! { <ErrorBoundary fallback>{children()}</ErrorBoundary> }
}

/// A code's name as programs and logs write it.
fn reference(code: ErrorCode) -> String {
    let name = serde_json::to_string(&code).unwrap_or_default();
    name.trim_matches('"').to_owned()
}
