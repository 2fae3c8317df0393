//! The desk's answer: one wide card in green, amber or red, and neutral while nothing is decided.
//!
//! - [`decision`]: green, amber or red
//! - [`check_out`], [`undo`], [`renew`], [`override_form`]: what it offers to do

pub(crate) mod check_out;
pub(crate) mod decision;
pub(crate) mod override_form;
pub(crate) mod renew;
pub(crate) mod undo;

use self::decision::DecisionCard;
use super::{
    desk_state::DeskState,
    entry::{DeskEntry, DeskRequest, EntryState},
};
use crate::{
    gym::{activity::LineBadge, sentences},
    link::use_link,
    ui::{Avatar, Icon, IconShape},
};
use leptos::prelude::*;
use protocol::{
    ErrorBody, ErrorCode,
    gym::{GymClock, Visit},
};
use texts::text;

/// The card of one entry.
#[component]
pub(crate) fn AnswerCard(
    /// The entry.
    entry: DeskEntry,
    /// The desk it belongs to.
    desk: DeskState,
    /// The gym's time, and for how long a check-in is repeated and can be taken back.
    clock: GymClock,
) -> impl IntoView {
    match entry.state.clone() {
        EntryState::Waiting => view! { <WaitingCard entry/> }.into_any(),
        EntryState::Failed(error) => view! { <FailedCard entry error desk/> }.into_any(),
        EntryState::Decided(answer) => {
            view! { <DecisionCard answer=*answer desk clock/> }.into_any()
        }
        EntryState::Left(visit) => view! { <LeftCard visit/> }.into_any(),
        EntryState::Undone(visit) => view! { <UndoneCard visit/> }.into_any(),
    }
}

/// A card without colour: nothing is decided, or nothing has to be decided.
#[component]
fn PlainCard(
    icon: IconShape,
    /// The value of `data-verdict`.
    verdict: &'static str,
    /// Whose initials it shows.
    name: String,
    #[prop(into)] word: TextProp,
    #[prop(into)] title: TextProp,
    #[prop(into)] note: TextProp,
) -> impl IntoView {
    view! {
        <section class="card answer" data-verdict=verdict>
            <Avatar name large=true/>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon shape=icon/>
                    {move || word.get()}
                </p>
                <h2 class="answer-name">{move || title.get()}</h2>
                <p class="answer-note">{move || note.get()}</p>
            </div>
        </section>
    }
}

/// Nothing is decided: never a colour, never a sound.
#[component]
fn WaitingCard(entry: DeskEntry) -> impl IntoView {
    let (icon, verdict) = match (entry.queued, entry.request) {
        (true, _) => (IconShape::CLOCK, "queued"),
        (false, DeskRequest::CheckIn) => (IconShape::SEARCH, "checking"),
        (false, DeskRequest::CheckOut) => (IconShape::DOOR_OPEN, "checking"),
        (false, DeskRequest::Undo) => (IconShape::UNDO, "checking"),
    };
    let (queued, request) = (entry.queued, entry.request);
    // A code has no initials.
    let name = entry.name.clone().unwrap_or_else(|| "…".to_owned());
    let title = entry.title();
    view! {
        <PlainCard
            icon
            verdict
            name
            word=move || sentences::waiting(queued, request)
            title=move || sentences::entry_title(title.as_deref())
            note=move || sentences::waiting_note(queued)
        />
    }
}

#[component]
fn LeftCard(visit: Visit) -> impl IntoView {
    let badge = LineBadge::left(&visit);
    let name = visit.member.full_name;
    let (goodbye, number) = (name.clone(), visit.member.number);
    view! {
        <PlainCard
            icon=IconShape::DOOR_OPEN
            verdict="left"
            name
            word=text!(gym.checked_out)
            title=move || sentences::goodbye(&goodbye)
            note=move || sentences::left_note(&number, badge)
        />
    }
}

#[component]
fn UndoneCard(visit: Visit) -> impl IntoView {
    let name = visit.member.full_name;
    let (title, number) = (name.clone(), visit.member.number);
    view! {
        <PlainCard
            icon=IconShape::UNDO
            verdict="undone"
            name
            word=text!(gym.taken_back)
            title=move || title.clone()
            note=move || sentences::does_not_count(&number)
        />
    }
}

/// Nothing was recorded, and why.
#[component]
fn FailedCard(entry: DeskEntry, error: ErrorBody, desk: DeskState) -> impl IntoView {
    let link = use_link();
    let request = entry.request;
    let code = error.code;
    let title = entry.title();
    let again = (code != ErrorCode::MemberNotFound && request == DeskRequest::CheckIn).then(|| {
        let (code, name) = (entry.code.clone(), entry.name.clone());
        let again = move |_| desk.check_in(&link, code.clone(), name.clone(), None);
        view! {
            <button type="button" class="button" on:click=again>
                {text!(shared.try_again)}
            </button>
        }
    });
    view! {
        <section class="card answer tone-bad" data-verdict="failed">
            <span class="avatar avatar-large" aria-hidden="true">"?"</span>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon shape=IconShape::X/>
                    {move || sentences::failed(code, request)}
                </p>
                <h2 class="answer-name">{move || sentences::entry_title(title.as_deref())}</h2>
                <p class="answer-note">{move || sentences::failed_note(&error)}</p>
            </div>
            <div class="answer-acts">{again}</div>
        </section>
    }
}
