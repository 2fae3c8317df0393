//! The form for a new member, and the number that it brings.

use crate::{
    backend::{Failure, create_member, plans},
    browser::use_browser,
    ui::{Icon, IconName},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use protocol::{
    ErrorBody,
    http::{MemberRow, NewMember},
};
use uuid::Uuid;

/// The form; `created` is called when the member is on record.
#[component]
pub fn NewMemberForm(
    /// What happens with the new record.
    created: Callback<MemberRow>,
    /// Puts the form away.
    close: Callback<()>,
) -> impl IntoView {
    let plans = Resource::new(|| (), |()| plans());
    let [full_name, phone, email] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let plan = NodeRef::<html::Select>::new();
    let pending = RwSignal::new(false);
    let error = RwSignal::new(None::<ErrorBody>);
    Effect::new(move |_| {
        if let Some(input) = full_name.get() {
            _ = input.focus();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        let text = |field: NodeRef<html::Input>| {
            field.get_untracked().map(|field| field.value().trim().to_owned())
        };
        let filled = |field| text(field).filter(|text| !text.is_empty());
        let member = NewMember {
            full_name: text(full_name).unwrap_or_default(),
            phone: filled(phone),
            email: filled(email),
            plan: plan.get_untracked().and_then(|plan| Uuid::try_parse(&plan.value()).ok()),
        };
        if member.full_name.chars().count() < 2 {
            error.set(Some(ErrorBody::field("full_name", "The name needs at least 2 characters.")));
            return;
        }
        pending.set(true);
        error.set(None);
        spawn_local(async move {
            let result = create_member(member).await;
            _ = pending.try_set(false);
            match result {
                Ok(row) => created.run(row),
                Err(Failure(body)) => {
                    _ = error.try_set(Some(body));
                }
            }
        });
    };
    let about = move |field: &'static str| {
        move || {
            let is_about = |error: &&ErrorBody| error.field.as_deref() == Some(field);
            error.with(|error| error.as_ref().filter(is_about).map(|error| error.message.clone()))
        }
    };
    let general = move || {
        let known = ["full_name", "phone", "email", "plan"];
        let other =
            |error: &&ErrorBody| error.field.as_deref().is_none_or(|field| !known.contains(&field));
        error.with(|error| error.as_ref().filter(other).map(|error| error.message.clone()))
    };
    let field = move |id: &'static str,
                      label: &'static str,
                      kind: &'static str,
                      node: NodeRef<html::Input>| {
        let wrong = about(id);
        let invalid = move || wrong().is_some().then_some("true");
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input
                    class="input"
                    id=id
                    name=id
                    type=kind
                    autocomplete="off"
                    node_ref=node
                    aria-describedby=format!("{id}-error")
                    aria-invalid=invalid
                />
                <p class="field-error" id=format!("{id}-error") role="alert">
                    {about(id)}
                </p>
            </div>
        }
    };
    let choices = move || {
        Suspend::new(async move {
            let rows = plans.await.unwrap_or_default();
            let option = |row: protocol::http::PlanRow| {
                view! { <option value=row.id.to_string()>{row.name}</option> }
            };
            rows.into_iter().map(option).collect_view()
        })
    };
    view! {
        <form class="card new-member" on:submit=submit novalidate>
            <header class="card-head">
                <h2>"New member"</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close"
                    on:click=move |_| close.run(())
                >
                    <Icon name=IconName::X/>
                </button>
            </header>
            <div class="new-member-fields">
                {field("full_name", "Name", "text", full_name)}
                {field("phone", "Telephone, if known", "tel", phone)}
                {field("email", "E-mail, if known", "email", email)}
                <div class="field">
                    <label for="plan">"Plan, from today"</label>
                    <select class="input" id="plan" name="plan" node_ref=plan aria-describedby="plan-error">
                        <option value="">"None yet"</option>
                        <Suspense>{choices}</Suspense>
                    </select>
                    <p class="field-error" id="plan-error" role="alert">
                        {about("plan")}
                    </p>
                </div>
            </div>
            <p class="field-error" role="alert">
                {general}
            </p>
            <div class="new-member-acts">
                <button
                    type="submit"
                    class="button button-primary"
                    disabled=move || pending.get()
                >
                    {move || if pending.get() { "Creating…" } else { "Create member" }}
                </button>
                <span class="muted">"The number is made by itself and is also the card's code."</span>
            </div>
        </form>
    }
}

/// The new number, large, to copy or print.
#[component]
pub fn NewNumber(
    /// The new record.
    row: MemberRow,
    /// Puts the card away.
    close: Callback<()>,
) -> impl IntoView {
    let browser = use_browser();
    let copied = RwSignal::new(None);
    let number = row.member.number.clone();
    let copy = {
        let number = number.clone();
        move |_| copied.set(browser.with(|browser| browser.copy(&number)))
    };
    let word = move || match copied.get() {
        Some(true) => "Copied",
        Some(false) => "Copying is not allowed here",
        None => "Copy number",
    };
    view! {
        <section class="card new-number" role="status">
            <p class="muted">"New member"</p>
            <h2>{row.member.full_name}</h2>
            <p class="new-number-code">{number}</p>
            <p class="muted">"The printed number, the typed number and the card's code are the same."</p>
            <div class="new-number-acts">
                <button type="button" class="button button-primary" on:click=copy>
                    <Icon name=IconName::Copy/>
                    {word}
                </button>
                <button type="button" class="button" on:click=move |_| { _ = window().print(); }>
                    <Icon name=IconName::Printer/>
                    "Print"
                </button>
                <button type="button" class="button button-quiet" on:click=move |_| close.run(())>
                    "Done"
                </button>
            </div>
        </section>
    }
}
