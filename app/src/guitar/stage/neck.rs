//! The neck: seven frets, six strings, the fingers. The mouse strums over it.

use super::instrument::Instrument;
use crate::guitar::{
    hand::Hand,
    performance::Performance,
    strings::{LowE, Pointers},
};
use leptos::{prelude::*, svg};
use logic::music::{STRINGS, Voicing};
use protocol::guitar::{Strum, StrumSource};
use texts::text;

const FRETS: u8 = 7;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 1090.0;
const TOP: f64 = 14.0;
const GAP: f64 = 92.0;
const BOTTOM: f64 = TOP + GAP * STRINGS as f64;
const NAMES: [&str; STRINGS] = ["E", "A", "D", "G", "B", "e"];
const INLAYS: [u8; 9] = [3, 5, 7, 9, 12, 15, 17, 19, 21];

/// The neck of the session.
#[component]
pub(super) fn Neck(performance: Performance, instrument: Instrument) -> impl IntoView {
    let hand = performance.hand;
    let pointers = Pointers::new(LowE::Bottom, StrumSource::Mouse);
    let strums = instrument.strums;
    let vibrations = instrument.strings;
    let string = move |string: usize| {
        view! { <NeckString hand string vibration=vibrations[string]/> }
    };
    let play = {
        let instrument = instrument.clone();
        move |strum: Strum| {
            instrument.sound(&strum);
            performance.strum(strum);
        }
    };
    let moved = {
        let play = play.clone();
        move |event| pointers.moved(&event).into_iter().for_each(&play)
    };
    view! {
        <section class="neck" aria-label=text!(guitar.neck) data-strums=move || strums.get().to_string()>
            <svg
                class="neck-drawing"
                viewBox=format!("0 0 {} {}", RIGHT + 20.0, BOTTOM + 50.0)
                role="img"
                aria-label=move || hand.with(Hand::words)
            >
                <WoodAndFrets/>
                <rect
                    fill="url(#neck-wood)"
                    x=LEFT
                    y=TOP
                    width=RIGHT - LEFT
                    height=BOTTOM - TOP
                ></rect>
                {move || hand.with(|hand| frets(first_fret(&hand.voicing)))}
                {(0..STRINGS).rev().map(string).collect_view()}
                {move || hand.with(|hand| fingers(&hand.voicing))}
            </svg>
            <div
                class="neck-touch"
                title=text!(guitar.drag_to_strum)
                on:pointerdown=move |event| pointers.down(&event)
                on:pointermove=moved
                on:pointerup=move |event| pointers.up(&event).into_iter().for_each(&play)
                on:pointercancel=move |event| pointers.cancelled(&event)
            ></div>
        </section>
    }
}

/// One string: its line, the part that vibrates, its name.
#[component]
fn NeckString(hand: Memo<Hand>, string: usize, vibration: NodeRef<svg::G>) -> impl IntoView {
    let y = y(string);
    let part = Memo::new(move |_| hand.with(|hand| ringing(&hand.voicing, string)));
    let place = move || {
        let from = part.get().unwrap_or(RIGHT);
        format!("translate({from:.1} {y}) scale({:.1} 1)", RIGHT - from)
    };
    view! {
        <g class="string" class:string-muted=move || part.get().is_none()>
            <line
                class="string-line"
                stroke-width=format!("{:.1}", 7.0 - string as f64 * 0.9)
                x1=LEFT
                y1=y
                x2=RIGHT
                y2=y
            ></line>
            <g class="vibration" transform=place>
                <g node_ref=vibration opacity="0">
                    <path class="vibration-glow" d="M0 0Q.5 1.6 1 0Q.5 -1.6 0 0"></path>
                    <path class="vibration-line" d="M0 0Q.5 2 1 0"></path>
                    <path class="vibration-ghost" d="M0 0Q.5 -2 1 0"></path>
                </g>
            </g>
            <text class="string-name" x="6" y=y dy="0.36em">
                {NAMES[string]}
            </text>
        </g>
    }
}

/// The colours that wood and frets are drawn in.
#[component]
fn WoodAndFrets() -> impl IntoView {
    view! {
        <defs>
            <linearGradient id="neck-wood" x1="0" y1="0" x2="0" y2="1">
                <stop class="wood-light" offset="0"></stop>
                <stop class="wood-dark" offset="1"></stop>
            </linearGradient>
            <linearGradient id="neck-fret" x1="0" y1="0" x2="0" y2="1">
                <stop class="fret-light" offset="0"></stop>
                <stop class="fret-dark" offset="1"></stop>
            </linearGradient>
        </defs>
    }
}

/// Frets, inlays and numbers from a fret on; 1 begins with the nut.
fn frets(first: u8) -> impl IntoView + use<> {
    let fret = move |number: u8| {
        let x = fret_x(number, first);
        view! {
            <rect fill="url(#neck-fret)" x=x - 3.5 y=TOP width="7" height=BOTTOM - TOP></rect>
        }
    };
    let inlay = move |number: u8| {
        let x = middle(number, first);
        let center = (TOP + BOTTOM) / 2.0;
        match number % 12 {
            0 => view! {
                <circle class="inlay" cx=x cy=center - GAP r="13"></circle>
                <circle class="inlay" cx=x cy=center + GAP r="13"></circle>
            }
            .into_any(),
            _ => view! { <circle class="inlay" cx=x cy=center r="13"></circle> }.into_any(),
        }
    };
    let number = move |number: u8| {
        view! {
            <text class="fret-number" x=middle(number, first) y=BOTTOM + 38.0>
                {number.to_string()}
            </text>
        }
    };
    let shown = first..first + FRETS;
    let inlays = INLAYS.into_iter().filter(|inlay| shown.contains(inlay));
    let nut = (first == 1).then(|| {
        view! {
            <rect class="nut" x=LEFT - 12.0 y=TOP - 3.0 width="15" height=BOTTOM - TOP + 6.0 rx="3">
            </rect>
        }
    });
    view! {
        {nut}
        {shown.clone().map(fret).collect_view()}
        {inlays.map(inlay).collect_view()}
        {shown.map(number).collect_view()}
    }
}

/// The fingers, the barre, and a cross on each string that is not played.
fn fingers(voicing: &Voicing) -> impl IntoView + use<> {
    let voicing = *voicing;
    let first = first_fret(&voicing);
    let barre = voicing.barre().map(|barre| {
        let x = middle(barre.fret, first);
        view! { <line class="barre" x1=x y1=y(barre.from) x2=x y2=y(barre.to)></line> }
    });
    let finger = move |string: usize| {
        let y = y(string);
        match voicing.frets[string] {
            None => view! {
                <path class="muted" d=format!("M6 {}l16 16m0 -16l-16 16", y - 8.0)></path>
            }
            .into_any(),
            Some(0) => ().into_any(),
            Some(fret) => {
                let x = middle(fret, first);
                let finger = voicing.fingers[string].map(|finger| finger.to_string());
                view! {
                    <g class="finger">
                        <circle cx=x cy=y r="28"></circle>
                        <text x=x y=y dy="0.36em">
                            {finger}
                        </text>
                    </g>
                }
                .into_any()
            }
        }
    };
    view! {
        {barre}
        {(0..STRINGS).map(finger).collect_view()}
    }
}

/// Where a string begins to ring: at its finger, or at the nut; `None` when it is not played.
fn ringing(voicing: &Voicing, string: usize) -> Option<f64> {
    match voicing.frets[string]? {
        0 => Some(LEFT),
        fret => Some(middle(fret, first_fret(voicing))),
    }
}

/// The first fret to show.
fn first_fret(voicing: &Voicing) -> u8 {
    voicing.base_fret.max(1)
}

/// The wire of a fret. Frets come closer as on a real neck.
fn fret_x(fret: u8, first: u8) -> f64 {
    let along = |fret: u8| 1.0 - (-f64::from(fret) / 12.0).exp2();
    let begin = along(first - 1);
    let end = along(first - 1 + FRETS);
    let part = (along(fret) - begin) / (end - begin);
    LEFT + (RIGHT - 4.0 - LEFT) * part
}

/// Where a finger on a fret lies.
fn middle(fret: u8, first: u8) -> f64 {
    (fret_x(fret.saturating_sub(1), first) + fret_x(fret, first)) / 2.0
}

/// The low E lies at the bottom, as in a tablature.
fn y(string: usize) -> f64 {
    BOTTOM - GAP * (string as f64 + 0.5)
}
