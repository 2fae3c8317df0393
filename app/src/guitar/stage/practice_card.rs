//! The practice clock and its buttons.

use crate::guitar::{
    performance::{Performance, PracticeStep},
    practice_clock::PracticeClock,
};
use leptos::prelude::*;
use protocol::guitar::PracticeStatus;
use texts::{text, words};

/// Start, pause, resume, end; the clock is the server's.
#[component]
pub(super) fn PracticeCard(performance: Performance) -> impl IntoView {
    let clock = PracticeClock::of(performance);
    let waits = move || performance.practice_waits() && !performance.is_live();
    let step = move |step: PracticeStep, text: fn() -> &'static str, class: &'static str| {
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
                {step(PracticeStep::Pause, || words!(guitar.pause), plain)}
                {step(PracticeStep::End, || words!(guitar.end), plain)}
            }
            .into_any(),
            Some(PracticeStatus::Paused) => view! {
                {step(PracticeStep::Start, || words!(guitar.resume), main)}
                {step(PracticeStep::End, || words!(guitar.end), plain)}
            }
            .into_any(),
            _ => step(PracticeStep::Start, || words!(guitar.start_practice), main).into_any(),
        }
    };
    view! {
        <section class="card practice-card" aria-label=text!(guitar.practice)>
            <header class="part-head">
                <h2 class="label">{text!(guitar.practice)}</h2>
                <span class=move || format!("badge {}", clock.tone().class())>
                    {move || clock.word()}
                </span>
            </header>
            <p class="timer" role="timer" data-practice=move || clock.state()>
                {move || clock.text.get()}
            </p>
            <div class="practice-steps">{steps}</div>
            <Show when=move || clock.status.get() == Some(PracticeStatus::Ended)>
                <p class="practice-note">
                    {text!(guitar.kept_in)} " " <a href="/practice">{text!(guitar.your_practice)}</a>
                </p>
            </Show>
            <Show when=waits>
                <p class="practice-note" role="status">
                    {text!(guitar.practice_offline)}
                </p>
            </Show>
        </section>
    }
}
