//! The form for a new member, and the number that it brings.
//!
//! - [`form_field`]: one field with its error
//! - [`new_number`]: the card with the number

pub(crate) mod form_field;
pub(crate) mod new_number;

pub(crate) use self::new_number::NewNumber;

use self::form_field::{FieldError, TextField};
use crate::{
    backend::{CallFailure, create_member, plans},
    gym::sentences,
    ui::{Icon, IconShape, error_words},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use protocol::{
    ErrorBody,
    http::{MemberRow, NewMember, PlanRow},
};
use texts::text;

/// A shorter name is refused before anything is sent.
const SHORTEST_NAME: usize = 2;
/// The names of the form's fields, as the server's errors use them.
const FIELDS: [&str; 4] = ["full_name", "phone", "email", "plan"];

/// What is typed into the form, and how far it was sent.
#[derive(Clone, Copy)]
struct FormState {
    full_name: NodeRef<html::Input>,
    phone: NodeRef<html::Input>,
    email: NodeRef<html::Input>,
    plan: NodeRef<html::Select>,
    is_pending: RwSignal<bool>,
    error: RwSignal<Option<ErrorBody>>,
}

impl FormState {
    fn new() -> Self {
        Self {
            full_name: NodeRef::new(),
            phone: NodeRef::new(),
            email: NodeRef::new(),
            plan: NodeRef::new(),
            is_pending: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    fn typed(&self) -> NewMember {
        let text = |field: NodeRef<html::Input>| {
            field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default()
        };
        let optional = |field| Some(text(field)).filter(|text| !text.is_empty());
        NewMember {
            full_name: text(self.full_name),
            phone: optional(self.phone),
            email: optional(self.email),
            plan: self.plan.get_untracked().and_then(|plan| plan.value().parse().ok()),
        }
    }

    /// Sends what is typed, unless an earlier request is on its way.
    fn submit(self, created: Callback<MemberRow>) {
        if self.is_pending.get_untracked() {
            return;
        }
        let member = self.typed();
        if member.full_name.chars().count() < SHORTEST_NAME {
            let error = ErrorBody::field("full_name", "");
            return self.error.set(Some(error));
        }
        self.is_pending.set(true);
        self.error.set(None);
        spawn_local(async move {
            let result = create_member(member).await;
            _ = self.is_pending.try_set(false);
            match result {
                Ok(row) => created.run(row),
                Err(CallFailure(error)) => {
                    _ = self.error.try_set(Some(error));
                }
            }
        });
    }

    /// The error that is about no field of the form.
    fn general_error(&self) -> Option<String> {
        let is_general = |error: &&ErrorBody| {
            error.field.as_deref().is_none_or(|field| !FIELDS.contains(&field))
        };
        self.error.with(|error| error.as_ref().filter(is_general).map(error_words))
    }
}

/// The form; `created` is called when the member is on record.
#[component]
pub(crate) fn NewMemberForm(
    /// What happens with the new record.
    created: Callback<MemberRow>,
    /// Puts the form away.
    close: Callback<()>,
) -> impl IntoView {
    let form = FormState::new();
    let FormState { full_name, phone, email, error, is_pending, .. } = form;
    Effect::new(move |_| {
        if let Some(input) = full_name.get() {
            _ = input.focus();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        form.submit(created);
    };
    view! {
        <form class="card new-member" on:submit=submit novalidate>
            <header class="card-head">
                <h2>{text!(gym.new_member)}</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=text!(shared.close)
                    on:click=move |_| close.run(())
                >
                    <Icon shape=IconShape::X/>
                </button>
            </header>
            <div class="new-member-fields">
                <TextField id="full_name" label=text!(gym.name) kind="text" input=full_name error/>
                <TextField id="phone" label=text!(gym.phone_field) kind="tel" input=phone error/>
                <TextField id="email" label=text!(gym.email_field) kind="email" input=email error/>
                <PlanField select=form.plan error/>
            </div>
            <p class="field-error" role="alert">
                {move || form.general_error()}
            </p>
            <div class="new-member-acts">
                <button
                    type="submit"
                    class="button button-primary"
                    disabled=move || is_pending.get()
                >
                    {move || sentences::create_member(is_pending.get())}
                </button>
                <span class="muted">{text!(gym.number_note)}</span>
            </div>
        </form>
    }
}

#[component]
fn PlanField(select: NodeRef<html::Select>, error: RwSignal<Option<ErrorBody>>) -> impl IntoView {
    let plans = Resource::new(|| (), |()| plans());
    let choices = move || {
        Suspend::new(async move {
            let rows = plans.await.unwrap_or_default();
            let option = |row: PlanRow| {
                view! { <option value=row.id.to_string()>{row.name}</option> }
            };
            rows.into_iter().map(option).collect_view()
        })
    };
    view! {
        <div class="field">
            <label for="plan">{text!(gym.plan_field)}</label>
            <select class="input" id="plan" name="plan" node_ref=select aria-describedby="plan-error">
                <option value="">{text!(gym.no_plan_yet)}</option>
                <Suspense>{choices}</Suspense>
            </select>
            <FieldError id="plan" error/>
        </div>
    }
}
