//! The password, which can be shown.

use super::attempt::SignInAttempt;
use crate::ui::{Icon, IconShape};
use leptos::{html, prelude::*};
use texts::text;

/// The field with the button that shows what is typed.
#[component]
pub(crate) fn PasswordField(
    /// The input.
    input: NodeRef<html::Input>,
    /// The form that the field belongs to.
    attempt: SignInAttempt,
) -> impl IntoView {
    let is_shown = RwSignal::new(false);
    let kind = move || if is_shown.get() { "text" } else { "password" };
    let icon = Signal::derive(move || match is_shown.get() {
        true => IconShape::EYE_OFF,
        false => IconShape::EYE,
    });
    view! {
        <div class="field">
            <label for="password">{text!(gym.password)}</label>
            <div class="input-with-button">
                <input
                    class="input"
                    id="password"
                    name="password"
                    type=kind
                    autocomplete="current-password"
                    required
                    aria-describedby="sign-in-error"
                    aria-invalid=move || attempt.is_about("password").then_some("true")
                    node_ref=input
                />
                <button
                    type="button"
                    class="icon-button"
                    aria-label=text!(gym.show_password)
                    aria-pressed=move || is_shown.get().to_string()
                    on:click=move |_| is_shown.update(|is_shown| *is_shown = !*is_shown)
                >
                    <Icon shape=icon/>
                </button>
            </div>
        </div>
    }
}
