//! The stage: the PC of a session. It shows the neck, makes the sound, and can be played alone
//! from its first second, before there is a session and without a network.

mod chord_card;
mod chords;
mod instrument;
mod join;
mod keyboard;
mod meter;
mod neck;
mod pairing;
mod players;
mod practice_card;
mod sound_chip;

use crate::{
    guitar::{
        performance::{Admission, LiveNote, Performance},
        trouble::{StoppedBar, Toast, ends_session},
    },
    ui::{Brand, LanguageSwitch, LinkChip, close_words, error_words, role_words},
};
use chord_card::ChordCard;
pub(super) use chord_card::key_name;
use chords::Chords;
pub(super) use chords::home_key;
use instrument::Instrument;
use join::JoinCard;
use keyboard::use_keyboard;
use leptos::prelude::*;
use leptos_meta::Title;
use logic::music::pads;
use meter::Meter;
use neck::Neck;
use pairing::Pairings;
use players::Players;
use practice_card::PracticeCard;
use protocol::{Millis, account::Role, guitar::Presence};
use sound_chip::SoundChip;
use texts::{text, words};

/// The page.
#[component]
pub(crate) fn Stage() -> impl IntoView {
    let pairings = Pairings::new();
    let instrument = Instrument::new();
    let latency = RwSignal::new(None::<Millis>);
    let performance = Performance::new(pairings.session(), {
        let instrument = instrument.clone();
        move |note| match note {
            LiveNote::Strum { strum, age } => {
                instrument.sound(&strum);
                if age.is_some() {
                    latency.try_set(age);
                }
            }
            LiveNote::Mute => instrument.damp(),
        }
    });
    pairings.follow_removals(performance);
    instrument.hold(performance.hand);
    let key = RwSignal::new(home_key());
    let chords = Memo::new(move |_| Chords(pads(key.get())));
    instrument.prepare(performance.hand, chords);
    use_keyboard(performance, instrument.clone(), key, chords);

    view! {
        <Title text=text!(guitar.title)/>
        <div class="stage">
            <header class="stage-bar">
                <a class="stage-home" href="/">
                    <Brand product="VirtuTune"/>
                    <span class="sr-only">" " {text!(shared.start_page)}</span>
                </a>
                <div class="stage-chips">
                    <PhoneChip performance/>
                    <Latency latency/>
                    <LinkChip/>
                    <SoundChip/>
                    <a class="button button-quiet" href="/practice">
                        {text!(guitar.title_practice)}
                    </a>
                    <LanguageSwitch/>
                </div>
            </header>
            <Ended performance pairings/>
            <StoppedBar performance/>
            <main class="stage-main">
                <ChordCard performance key chords/>
                <Neck performance instrument=instrument.clone()/>
                <div class="stage-side">
                    <PracticeCard performance/>
                    <Players performance/>
                    <JoinCard performance pairings/>
                </div>
            </main>
            <footer class="stage-foot">
                <Keys/>
                <Meter instrument/>
            </footer>
            <Toast notice=performance.notice/>
        </div>
    }
}

/// Whether a phone is there, from across the room.
#[component]
fn PhoneChip(performance: Performance) -> impl IntoView {
    let state = performance.state;
    let phone = Memo::new(move |_| {
        state.with(|state| {
            let plays = |p: &&protocol::guitar::Participant| p.role == Role::Performer;
            let there = |p: &&protocol::guitar::Participant| p.status == Presence::Connected;
            let players: Vec<_> = state.participants.iter().filter(plays).collect();
            let best = players.iter().copied().find(|p| there(p)).or(players.first().copied())?;
            Some((best.status, best.role))
        })
    });
    move || {
        let (tone, shape, text) = match phone.get()? {
            (Presence::Connected, role) => {
                ("plain", "shape-live", words!(guitar.phone_is, role = role_words(role)))
            }
            (Presence::Away, _) => ("warn", "", words!(guitar.phone_asleep).to_owned()),
            (Presence::Disconnected, _) => {
                ("plain", "shape-ring", words!(guitar.phone_gone).to_owned())
            }
        };
        Some(view! {
            <span class=format!("chip tone-{tone}")>
                <span class=format!("shape {shape}") aria-hidden="true"></span>
                <span class="chip-text">{text}</span>
            </span>
        })
    }
}

/// How long the last touch took to become sound, on the server's clock.
#[component]
fn Latency(latency: RwSignal<Option<Millis>>) -> impl IntoView {
    move || {
        latency.get().map(|ms| {
            view! {
                <span class="chip tone-plain latency" data-latency=ms.to_string()>
                    <span class="chip-text">
                        {text!(guitar.latency)} " " <span class="number">{ms.to_string()}</span> " ms"
                    </span>
                </span>
            }
        })
    }
}

/// The session is over for this PC: what that means, and a new one.
#[component]
fn Ended(performance: Performance, pairings: Pairings) -> impl IntoView {
    let admission = performance.admission;
    let why = move || match (performance.stopped(), admission.get()) {
        (Some(code), _) if ends_session(code) => Some(close_words(code).to_owned()),
        (_, Admission::Refused(error)) => Some(error_words(&error)),
        _ => None,
    };
    move || {
        why().map(|why| {
            view! {
                <div class="bar tone-bad" role="alert">
                    <p>{why} " " {text!(guitar.alone)}</p>
                    <button
                        type="button"
                        class="button button-primary"
                        on:click=move |_| pairings.renew_session()
                    >
                        {text!(guitar.new_session)}
                    </button>
                </div>
            }
        })
    }
}

/// What the keys do.
#[component]
fn Keys() -> impl IntoView {
    view! {
        <ul class="keys" aria-label=text!(guitar.keyboard)>
            <li>
                <kbd>"Space"</kbd>
                " "
                {text!(guitar.key_strum_down)}
            </li>
            <li>
                <kbd>"Shift"</kbd>
                <kbd>"Space"</kbd>
                " "
                {text!(guitar.key_up)}
            </li>
            <li>
                <kbd>"1"</kbd>
                "–"
                <kbd>"8"</kbd>
                " "
                {text!(guitar.key_chords)}
            </li>
            <li>
                <kbd>"M"</kbd>
                " "
                {text!(guitar.key_mute)}
            </li>
            <li>
                <kbd>"←"</kbd>
                <kbd>"→"</kbd>
                " "
                {text!(guitar.key_key)}
            </li>
        </ul>
    }
}
