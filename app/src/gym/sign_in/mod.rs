//! Sign-in for the gym's staff.
//!
//! - [`attempt`]: sending the form, and the wait after too many tries
//! - [`password_field`]: the password, which can be shown
//! - [`return_path`]: where to go afterwards

pub(crate) mod attempt;
pub(crate) mod password_field;
pub(crate) mod return_path;

use self::{attempt::SignInAttempt, password_field::PasswordField, return_path::use_return_path};
use super::sentences;
use crate::{
    browser::SIGN_IN_KEY,
    ui::{Brand, Icon, IconShape, LanguageSwitch, use_ready},
};
use leptos::{ev, html, prelude::*};
use leptos_meta::Title;
use texts::text;

/// `/gym/sign-in?next=…`
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    view! {
        <Title text=text!(gym.sign_in)/>
        <main class="lone">
            <Brand product="AV-Gym"/>
            <section class="card sign-in">
                <h1>{text!(gym.sign_in)}</h1>
                <p class="muted">{text!(gym.sign_in_note)}</p>
                <SignInForm/>
            </section>
            <p class="faint">
                {text!(gym.here_for_guitar)} " "
                <a href="/guitar" rel="external">
                    {text!(gym.play_without_sign_in)}
                </a>
            </p>
            <LanguageSwitch/>
        </main>
    }
}

#[component]
fn SignInForm() -> impl IntoView {
    let next = use_return_path();
    use_sign_in_elsewhere(next);
    let ready = use_ready();
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let attempt = SignInAttempt::new(next);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let (Some(email), Some(password)) = (email.get_untracked(), password.get_untracked()) {
            attempt.submit(email.value(), password.value());
        }
    };
    view! {
        // `post`, so that a submit before hydration cannot put the password into the address.
        <form class="sign-in-form" method="post" on:submit=submit novalidate>
            <div class="field">
                <label for="email">{text!(gym.email)}</label>
                <input
                    class="input"
                    id="email"
                    name="email"
                    type="email"
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus
                    aria-describedby="sign-in-error"
                    aria-invalid=move || attempt.is_about("email").then_some("true")
                    node_ref=email
                />
            </div>
            <PasswordField input=password attempt/>
            <SignInError attempt/>
            <button
                type="submit"
                class="button button-primary"
                disabled=move || !ready.get() || attempt.is_blocked()
            >
                {move || sentences::sign_in_button(attempt.is_pending.get(), attempt.wait.get())}
            </button>
        </form>
    }
}

/// What is wrong, and how long to wait.
#[component]
fn SignInError(attempt: SignInAttempt) -> impl IntoView {
    let message = move || {
        let error = attempt.error.get()?;
        Some(view! {
            <Icon shape=IconShape::CIRCLE_ALERT/>
            <span>{move || sentences::sign_in_error(&error, attempt.wait.get())}</span>
        })
    };
    view! {
        <p class="field-error" id="sign-in-error" role="alert">
            {message}
        </p>
    }
}

/// Goes where this tab was asked to go when another tab of the browser signs in.
fn use_sign_in_elsewhere(next: Memo<String>) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::storage, move |event| {
            if event.key().as_deref() == Some(SIGN_IN_KEY) {
                _ = window().location().set_href(&next.get_untracked());
            }
        });
        on_cleanup(move || listener.remove());
    });
}
