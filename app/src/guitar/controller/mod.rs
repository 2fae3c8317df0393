//! The controller: a phone as the left hand, and as the right one too when it is alone. It joins
//! by a scanned link or a typed code.

mod buzz;
mod code_form;
mod early_join;
mod join_request;
mod pads;
mod playing_view;
mod strum_strip;

use crate::{
    backend::{CallFailure, JoinedSession},
    link::use_link,
    ui::{ErrorCard, Loading},
};
use code_form::CodeForm;
pub(crate) use early_join::early_join;
use early_join::{ScannedLink, join_by_link, secret_in_address};
pub(super) use join_request::DEVICE;
use join_request::FormReason;
use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsValue};
use leptos_meta::Title;
use playing_view::PlayingView;
use protocol::{SessionId, http::Joined};
use texts::text;

/// The page, with a session in its address or without.
#[component]
pub(crate) fn Controller(
    /// The session that the address names.
    named: Option<String>,
) -> impl IntoView {
    let read = || use_context::<JoinedSession>().and_then(|JoinedSession(joined)| joined);
    // The server writes it into the page, and hydration reads it there.
    let joined = SharedValue::new(read).into_inner();
    view! {
        <Title text=text!(guitar.title_play)/>
        <Door named joined/>
    }
}

/// Where this phone stands at the door of a session.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A link is being followed, or may be: the server does not see its secret.
    Arriving,
    /// Types a code; with the reason, if there is one.
    Form(Option<FormReason>),
    /// The link could not be followed now, and can be tried again.
    Failed(CallFailure),
    /// In, or waiting for the host's word.
    In(Joined),
}

impl Step {
    /// What the server can show: a request has the cookie and the address, and no fragment.
    fn first(named: Option<&str>, joined: Option<Joined>) -> Self {
        let session = named.map(str::parse::<SessionId>);
        match (session, joined) {
            (None, Some(joined)) => Self::In(joined),
            (Some(Ok(session)), Some(joined)) if joined.session_id == session => Self::In(joined),
            (Some(Ok(_)), _) => Self::Arriving,
            (Some(Err(_)), _) => Self::Form(Some(FormReason::DamagedLink)),
            (None, None) => Self::Form(None),
        }
    }
}

/// Lets the phone in, or shows the form.
#[component]
fn Door(named: Option<String>, joined: Option<Joined>) -> impl IntoView {
    let link = use_link();
    let step = RwSignal::new(Step::first(named.as_deref(), joined));
    let session = named.and_then(|named| named.parse().ok());
    let enter = Callback::new(move |joined: Joined| {
        // After a final close only a person's act connects again, and joining is one.
        link.reconnect();
        step.set(Step::In(joined));
    });
    let scanned = StoredValue::new(None::<ScannedLink>);
    let follow = Callback::new(move |()| {
        let Some(scanned_link) = scanned.get_value() else { return };
        let session = scanned_link.session;
        step.set(Step::Arriving);
        spawn_local(async move {
            match join_by_link(scanned_link).await {
                Ok(joined) => {
                    forget_fragment(joined.session_id);
                    scanned.try_set_value(None);
                    enter.try_run(joined);
                }
                Err(failure) if failure.0.retryable => {
                    step.try_set(Step::Failed(failure));
                }
                Err(CallFailure(error)) => {
                    forget_fragment(session);
                    step.try_set(Step::Form(Some(FormReason::Refused(error))));
                }
            }
        });
    });
    let arrive = move || match (session, secret_in_address()) {
        (Some(session), Some(secret)) => {
            scanned.set_value(Some(ScannedLink { session, secret }));
            follow.run(());
        }
        _ if step.with_untracked(|step| *step == Step::Arriving) => {
            step.set(Step::Form(Some(FormReason::NoSecret)));
        }
        _ => {}
    };
    Effect::new(move |_| {
        arrive();
        // A new link to the same session, opened in this very tab, does not load the page again.
        let links = window_event_listener(ev::hashchange, move |_| arrive());
        on_cleanup(move || links.remove());
    });
    move || match step.get() {
        Step::Arriving => view! {
            <main class="play-wait" aria-busy="true">
                <h1 class="play-title">{text!(guitar.joining)}</h1>
                <Loading rows=3/>
            </main>
        }
        .into_any(),
        Step::Failed(failure) => view! {
            <main class="play-wait">
                <ErrorCard title=text!(guitar.join_failed) failure retry=follow/>
            </main>
        }
        .into_any(),
        Step::Form(reason) => view! { <CodeForm reason enter/> }.into_any(),
        Step::In(joined) => {
            let back = Callback::new(move |reason| step.set(Step::Form(Some(reason))));
            view! { <PlayingView joined back/> }.into_any()
        }
    }
}

/// Takes the secret out of the address, so that it is in no history and no shared picture.
fn forget_fragment(session: SessionId) {
    if let Ok(history) = window().history() {
        let address = format!("/play/{session}");
        // A refusal leaves the address as it is; the session works all the same.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{ParticipantId, account::Role};
    use uuid::Uuid;

    fn joined(session: u128) -> Joined {
        let session_id = SessionId(Uuid::from_u128(session));
        Joined { session_id, participant: ParticipantId(Uuid::from_u128(9)), role: Role::Performer }
    }

    #[test]
    fn the_first_step_follows_from_address_and_cookie() {
        let one = Uuid::from_u128(1).to_string();
        assert_eq!(Step::first(None, None), Step::Form(None));
        assert_eq!(Step::first(None, Some(joined(1))), Step::In(joined(1)));
        assert_eq!(Step::first(Some(&one), Some(joined(1))), Step::In(joined(1)));
        assert_eq!(Step::first(Some(&one), Some(joined(2))), Step::Arriving);
        assert_eq!(Step::first(Some(&one), None), Step::Arriving);
        assert_eq!(Step::first(Some("nonsense"), None), Step::Form(Some(FormReason::DamagedLink)));
    }
}
