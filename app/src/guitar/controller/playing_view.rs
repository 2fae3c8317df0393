//! The controller of a phone that is in: chord pads, the strum strip, the practice clock.

use super::{buzz::use_buzz, join_request::FormReason, pads::Pads, strum_strip::StrumStrip};
use crate::{
    backend::leave,
    browser::use_browser,
    guitar::{
        diagram::Diagram,
        hand::chord_words,
        performance::{Admission, LiveNote, Performance, PracticeStep},
        practice_clock::PracticeClock,
        stage::{home_key, key_name},
        trouble::{StoppedBar, Toast, ends_session},
    },
    link::use_link,
    ui::{LanguageSwitch, LinkChip, use_ready},
};
use leptos::{prelude::*, task::spawn_local};
use logic::{link::Phase, music::PitchClass};
use protocol::{
    SeatId,
    account::Role,
    guitar::{PracticeStatus, Presence},
    http::Joined,
};
use texts::{text, words};

const KEY_KEY: &str = "cadence.key";

/// What a phone may do in the session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Plays,
    Watches,
    Waits,
}

/// The controller.
#[component]
pub(super) fn PlayingView(
    /// The session and this phone in it.
    joined: Joined,
    /// Back to the code form, with the reason.
    back: Callback<FormReason>,
) -> impl IntoView {
    let session = joined.session_id;
    let strummed = RwSignal::new(Vec::<u8>::new());
    let performance = Performance::new(Signal::stored(Some(session)), move |note| {
        if let LiveNote::Strum { strum, .. } = note {
            strummed.try_set(strum.strings.unwrap_or_else(|| vec![1, 2, 3, 4, 5, 6]));
        }
    });
    let state = performance.state;
    let part = {
        let admission = performance.admission;
        Memo::new(move |_| {
            let known = state.with(|state| {
                let seat = SeatId::phone(joined.participant);
                let me = state.participants.iter().find(|p| p.user_id == seat);
                me.map(|me| me.role)
            });
            match (admission.get(), known.unwrap_or(joined.role)) {
                (Admission::Waiting, _) | (_, Role::Waiting) => Part::Waits,
                (_, Role::Spectator) => Part::Watches,
                _ => Part::Plays,
            }
        })
    };
    let leaving = RwSignal::new(false);
    go_back_when_over(performance, leaving, back);

    let ready = use_ready();
    let able = Memo::new(move |_| ready.get() && part.get() == Part::Plays);
    let key = stored_key();
    view! {
        <div class="play" data-part=move || match part.get() {
            Part::Plays => "plays",
            Part::Watches => "watches",
            Part::Waits => "waits",
        }>
            <header class="play-bar">
                <LinkChip/>
                <KeySelect key/>
                <Menu leaving back/>
            </header>
            <StoppedBar performance/>
            <Show when=move || part.get() == Part::Watches>
                <p class="play-note" role="status">
                    {text!(guitar.watching)}
                </p>
            </Show>
            <Show
                when=move || part.get() != Part::Waits
                fallback=|| view! { <Waiting/> }
            >
                <Held performance/>
                <main class="play-field">
                    <h1 class="sr-only">{text!(guitar.controller)}</h1>
                    <Pads performance key able/>
                    <StrumStrip performance able strummed/>
                </main>
                <Foot performance able/>
            </Show>
            <Toast notice=performance.notice/>
        </div>
    }
}

/// The session is over for this phone: back to the form, with the reason. What the link said
/// about a former session does not count, nor what it says while this phone leaves by itself.
fn go_back_when_over(
    performance: Performance,
    leaving: RwSignal<bool>,
    back: Callback<FormReason>,
) {
    let status = use_link().status();
    let admission = performance.admission;
    Effect::new(move |fresh: Option<bool>| {
        let fresh = fresh.unwrap_or(false);
        if leaving.get() {
            return fresh;
        }
        if let Admission::Refused(error) = admission.get() {
            back.run(FormReason::Refused(error));
        }
        match status.get().phase {
            Phase::Stopped(code) if fresh && ends_session(code) => {
                back.run(FormReason::Closed(code));
                fresh
            }
            Phase::Stopped(_) => fresh,
            _ => true,
        }
    });
}

/// The key, kept in this browser.
fn stored_key() -> RwSignal<PitchClass> {
    let browser = use_browser();
    let key = RwSignal::new(home_key());
    Effect::new(move |before: Option<()>| {
        let chosen = key.get();
        if before.is_some() {
            browser.with(|browser| browser.store(KEY_KEY, &key_name(chosen)));
            return;
        }
        let stored = browser.with(|browser| browser.stored(KEY_KEY)).flatten();
        if let Some(stored) = stored.and_then(|name| PitchClass::parse(&name).ok()) {
            key.set(stored);
        }
    });
    key
}

#[component]
fn KeySelect(key: RwSignal<PitchClass>) -> impl IntoView {
    let option = move |pitch: PitchClass| {
        view! {
            <option value=pitch.semitones().to_string() selected=move || key.get() == pitch>
                {key_name(pitch)}
            </option>
        }
    };
    let choose = move |event| {
        if let Ok(semitones) = event_target_value(&event).parse::<u8>() {
            key.set(PitchClass::new(semitones));
        }
    };
    view! {
        <label class="key-select">
            <span>{text!(guitar.key)}</span>
            <select
                prop:value=move || key.get().semitones().to_string()
                on:change=choose
            >
                {PitchClass::all().map(option).collect_view()}
            </select>
        </label>
    }
}

/// Leaving, out of the thumb's way.
#[component]
fn Menu(leaving: RwSignal<bool>, back: Callback<FormReason>) -> impl IntoView {
    let failed = RwSignal::new(false);
    let go = move |_| {
        leaving.set(true);
        failed.set(false);
        spawn_local(async move {
            match leave().await {
                Ok(()) => {
                    back.try_run(FormReason::Left);
                }
                Err(_) => {
                    failed.try_set(true);
                    leaving.try_set(false);
                }
            }
        });
    };
    view! {
        <details class="play-menu">
            <summary aria-label=text!(guitar.more)>"⋯"</summary>
            <div class="play-menu-list">
                <button type="button" class="button" on:click=go>
                    {text!(guitar.leave)}
                </button>
                <LanguageSwitch/>
                <p role="status">
                    {move || failed.get().then(|| words!(guitar.leave_failed))}
                </p>
            </div>
        </details>
    }
}

/// The host has not decided yet.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <main class="play-wait">
            <div class="waiting-mark" aria-hidden="true"></div>
            <h1 class="play-title">{text!(guitar.ask_pc)}</h1>
            <p class="play-text">
                {text!(guitar.ask_pc_text)}
            </p>
        </main>
    }
}

/// What is held, as the stage shows it.
#[component]
fn Held(performance: Performance) -> impl IntoView {
    let hand = performance.hand;
    let state = performance.state;
    let stage = Memo::new(move |_| {
        state.with(|state| {
            let host = state.participants.iter().find(|p| p.role == Role::Host);
            host.map(|host| host.status)
        })
    });
    let link = use_link().status();
    // The view of the stage is out of date as long as the server does not answer.
    let unanswered = Memo::new(move |_| !matches!(link.get().phase, Phase::Live));
    let place = move || match stage.get() {
        _ if unanswered.get() => words!(guitar.place_unanswered),
        Some(Presence::Away) => words!(guitar.place_away),
        Some(Presence::Disconnected) => words!(guitar.place_gone),
        _ => words!(guitar.place_stage),
    };
    let name = move || hand.with(|hand| hand.name.clone());
    view! {
        <section class="held-chord" aria-label=text!(guitar.chord)>
            <p class="held-name" data-chord=name>
                {name}
            </p>
            <p class="held-words" class:held-alone=move || stage.get() == Some(Presence::Disconnected)>
                <span>{place}</span>
                <span class="faint">
                    {move || hand.with(|hand| hand.chord.map(chord_words))}
                </span>
            </p>
            <Diagram hand/>
        </section>
    }
}

/// The practice clock as a button, and Mute.
#[component]
fn Foot(performance: Performance, able: Memo<bool>) -> impl IntoView {
    let clock = PracticeClock::of(performance);
    let buzz = use_buzz();
    let step = move |step| move |_| performance.practice(step);
    let main = move |_| {
        let running = clock.status.get_untracked() == Some(PracticeStatus::Started);
        performance.practice(if running { PracticeStep::Pause } else { PracticeStep::Start });
    };
    let word = move || match clock.status.get() {
        Some(PracticeStatus::Started) => words!(guitar.pause),
        Some(PracticeStatus::Paused) => words!(guitar.resume),
        _ => words!(guitar.start_practice),
    };
    let paused = move || clock.status.get() == Some(PracticeStatus::Paused);
    let mute = move |_| {
        buzz(10);
        performance.mute();
    };
    let unable = move || !able.get();
    view! {
        <footer class="play-foot">
            <button
                type="button"
                class="button button-primary play-timer"
                class:running=move || clock.status.get() == Some(PracticeStatus::Started)
                disabled=unable
                on:click=main
            >
                <span class="number" role="timer" data-practice=move || clock.state()>
                    {move || clock.text.get()}
                </span>
                <span>"· " {word}</span>
            </button>
            <Show when=paused>
                <button
                    type="button"
                    class="button"
                    disabled=unable
                    on:click=step(PracticeStep::End)
                >
                    {text!(guitar.end)}
                </button>
            </Show>
            <button type="button" class="button" disabled=unable on:pointerdown=mute>
                {text!(guitar.mute)}
            </button>
        </footer>
    }
}
