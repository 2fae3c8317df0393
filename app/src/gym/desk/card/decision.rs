//! The card of a decided check-in.

use super::{
    super::desk_state::DeskState, check_out::CheckOutButton, override_form::OverrideForm,
    renew::RenewButton, undo::UndoButton,
};
use crate::{
    gym::sentences,
    ui::{Avatar, Icon, IconShape, Tone},
};
use leptos::prelude::*;
use protocol::{
    Millis,
    gym::{CheckInAnswer, GymClock, Reason, Verdict},
};
use texts::text;

/// Colour, icon and the value of `data-verdict`.
fn look(verdict: Verdict) -> (Tone, IconShape, &'static str) {
    match verdict {
        Verdict::Allow => (Tone::Good, IconShape::CHECK, "allow"),
        Verdict::Warn => (Tone::Warn, IconShape::TRIANGLE_ALERT, "warn"),
        Verdict::Deny => (Tone::Bad, IconShape::X, "deny"),
    }
}

fn was_in_already(answer: &CheckInAnswer) -> bool {
    matches!(answer.reason, Some(Reason::AlreadyIn { .. }))
}

/// Whether a renewal would change the reason.
fn is_renewable(answer: &CheckInAnswer) -> bool {
    matches!(
        answer.reason,
        Some(
            Reason::Expired { .. }
                | Reason::NoVisitsLeft
                | Reason::EndsSoon { .. }
                | Reason::LastVisit
        )
    )
}

/// Green, amber or red.
#[component]
pub(crate) fn DecisionCard(
    /// The decision.
    answer: CheckInAnswer,
    /// The desk of this window.
    desk: DeskState,
    /// The gym's time, and for how long a check-in is repeated and can be taken back.
    clock: GymClock,
) -> impl IntoView {
    let (tone, icon, verdict) = look(answer.verdict);
    let overriding = RwSignal::new(false);
    let member = answer.member.clone();
    let GymClock { utc_offset_minutes: utc_offset, undo_ms, repeat_ms, .. } = clock;
    let repeated = answer.repeated.then(|| {
        view! { <p class="answer-note">{move || sentences::repeated(repeat_ms / 1_000)}</p> }
    });
    let shown = StoredValue::new(answer.clone());
    let word = move || shown.with_value(|answer| sentences::headline(answer, utc_offset));
    let title = move || shown.with_value(sentences::greeting);
    let note = move || shown.with_value(sentences::particulars);
    view! {
        <section class=format!("card answer {}", tone.class()) data-verdict=verdict>
            <Avatar name=member.full_name.clone() large=true/>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon shape=icon/>
                    {word}
                </p>
                <h2 class="answer-name">{title}</h2>
                <p class="answer-note">{note}</p>
                {repeated}
            </div>
            <DecisionActions answer desk undo_ms overriding/>
            <Show when=move || overriding.get()>
                <OverrideForm
                    member=member.id
                    name=member.full_name.clone()
                    desk
                    close=move || overriding.set(false)
                />
            </Show>
        </section>
    }
}

/// What can be done about the decision.
#[component]
fn DecisionActions(
    answer: CheckInAnswer,
    desk: DeskState,
    undo_ms: Millis,
    /// Whether the form for an override is open.
    overriding: RwSignal<bool>,
) -> impl IntoView {
    let visit = answer.visit.clone().map(|visit| match was_in_already(&answer) {
        true => view! { <CheckOutButton visit desk/> }.into_any(),
        false => view! { <UndoButton visit desk undo_ms/> }.into_any(),
    });
    let profile = format!("/gym/members?q={}", answer.member.number);
    let last = match answer.verdict {
        Verdict::Deny => view! {
            <button
                type="button"
                class="button button-quiet"
                aria-expanded=move || overriding.get().to_string()
                on:click=move |_| overriding.update(|open| *open = !*open)
            >
                {text!(gym.open_override)}
            </button>
        }
        .into_any(),
        Verdict::Allow | Verdict::Warn => view! {
            <a class="button button-quiet" href=profile>
                {text!(gym.profile)}
            </a>
        }
        .into_any(),
    };
    let renew = is_renewable(&answer).then(|| view! { <RenewButton answer desk/> });
    view! { <div class="answer-acts">{visit} {renew} {last}</div> }
}
