//! The button that renews a plan.

use super::super::desk_state::DeskState;
use crate::{
    backend::{CallFailure, renew},
    gym::sentences,
    link::use_link,
    ui::{Icon, IconShape, error_words},
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{
    gym::{CheckInAnswer, Verdict},
    http::MemberRow,
};
use texts::text;

type RenewalResult = Result<MemberRow, CallFailure>;

/// Renews the member's last plan, confirms it, and offers to check in.
#[component]
pub(crate) fn RenewButton(
    /// The decision.
    answer: CheckInAnswer,
    /// The desk of this window.
    desk: DeskState,
) -> impl IntoView {
    let is_pending = RwSignal::new(false);
    let result = RwSignal::new(None::<RenewalResult>);
    let member = answer.member.id;
    let start = move |_| {
        if is_pending.get_untracked() {
            return;
        }
        is_pending.set(true);
        spawn_local(async move {
            let answer = renew(member).await;
            // The card may have gone: the person may have scanned the next member.
            _ = result.try_set(Some(answer));
            _ = is_pending.try_set(false);
        });
    };
    let denied = answer.verdict == Verdict::Deny;
    let class = if denied { "button button-primary" } else { "button" };
    let check_in = denied.then(|| (member.to_string(), answer.member.full_name));
    let button_text = move || sentences::renew(is_pending.get());
    move || match result.get() {
        Some(Ok(row)) => {
            view! { <RenewedNote row desk class check_in=check_in.clone()/> }.into_any()
        }
        other => {
            let failure = other.and_then(Result::err).map(|failure| {
                let sentence = move || error_words(&failure.0);
                view! { <p class="answer-error" role="alert">{sentence}</p> }
            });
            view! {
                <button
                    type="button"
                    class=class
                    disabled=move || is_pending.get()
                    on:click=start
                >
                    {button_text}
                </button>
                {failure}
            }
            .into_any()
        }
    }
}

/// The renewed plan, and the check-in for a member who was refused before.
#[component]
fn RenewedNote(
    row: MemberRow,
    desk: DeskState,
    class: &'static str,
    /// The member's id and name.
    check_in: Option<(String, String)>,
) -> impl IntoView {
    let link = use_link();
    let button = check_in.map(|(member, name)| {
        let act = move |_| desk.check_in(&link, member.clone(), Some(name.clone()), None);
        view! {
            <button type="button" class=class on:click=act>
                {text!(gym.check_in)}
            </button>
        }
    });
    view! {
        <p class="answer-done" role="status">
            <Icon shape=IconShape::CHECK/>
            {move || sentences::renewed(row.membership.as_ref())}
        </p>
        {button}
    }
}
