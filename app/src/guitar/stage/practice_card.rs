//! The practice clock and its buttons.

use crate::guitar::{
    performance::{Performance, PracticeStep},
    practice_clock::PracticeClock,
};
use leptos::prelude::*;
use protocol::guitar::PracticeStatus;

/// Start, pause, resume, end; the clock is the server's.
#[component]
pub(super) fn PracticeCard(performance: Performance) -> impl IntoView {
    let clock = PracticeClock::of(performance);
    let waits = move || performance.practice_waits() && !performance.is_live();
    let step = move |step: PracticeStep, text: &'static str, class: &'static str| {
        view! {
            <button type="button" class=class on:click=move |_| performance.practice(step)>
                {text}
            </button>
        }
    };
    let steps = move || {
        let (main, plain) = ("button button-primary", "button");
        match clock.status.get() {
            Some(PracticeStatus::Started) => view! {
                {step(PracticeStep::Pause, "Pause", plain)}
                {step(PracticeStep::End, "End", plain)}
            }
            .into_any(),
            Some(PracticeStatus::Paused) => view! {
                {step(PracticeStep::Start, "Resume", main)}
                {step(PracticeStep::End, "End", plain)}
            }
            .into_any(),
            _ => step(PracticeStep::Start, "Start practice", main).into_any(),
        }
    };
    view! {
        <section class="card practice-card" aria-label="Practice">
            <header class="part-head">
                <h2 class="label">"Practice"</h2>
                <span class=move || format!("badge {}", clock.word().1)>
                    {move || clock.word().0}
                </span>
            </header>
            <p class="timer" role="timer" data-practice=move || clock.word().0>
                {move || clock.text.get()}
            </p>
            <div class="practice-steps">{steps}</div>
            <Show when=move || clock.status.get() == Some(PracticeStatus::Ended)>
                <p class="practice-note">
                    "Kept in " <a href="/practice">"your practice"</a> "."
                </p>
            </Show>
            <Show when=waits>
                <p class="practice-note" role="status">
                    "Offline: this counts from the moment you pressed it and is sent later."
                </p>
            </Show>
        </section>
    }
}
