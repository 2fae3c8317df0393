//! One field of the form with its error.

use crate::ui::error_words;
use leptos::{html, prelude::*};
use protocol::ErrorBody;

/// What is wrong with a field; `None` when the error is about another one.
fn error_of(field: &'static str, error: RwSignal<Option<ErrorBody>>) -> Option<String> {
    let is_about = |error: &&ErrorBody| error.field.as_deref() == Some(field);
    error.with(|error| error.as_ref().filter(is_about).map(error_words))
}

/// A line of text with its label.
#[component]
pub(crate) fn TextField(
    /// The field's name, also on the wire.
    id: &'static str,
    /// Its label.
    #[prop(into)]
    label: TextProp,
    /// The input's type.
    kind: &'static str,
    /// The input.
    input: NodeRef<html::Input>,
    /// The form's error.
    error: RwSignal<Option<ErrorBody>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{move || label.get()}</label>
            <input
                class="input"
                id=id
                name=id
                type=kind
                autocomplete="off"
                node_ref=input
                aria-describedby=format!("{id}-error")
                aria-invalid=move || error_of(id, error).map(|_| "true")
            />
            <FieldError id error/>
        </div>
    }
}

/// The sentence below a field.
#[component]
pub(crate) fn FieldError(
    /// The field's name.
    id: &'static str,
    /// The form's error.
    error: RwSignal<Option<ErrorBody>>,
) -> impl IntoView {
    view! {
        <p class="field-error" id=format!("{id}-error") role="alert">
            {move || error_of(id, error)}
        </p>
    }
}
