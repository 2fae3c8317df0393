//! The chord in large letters, its diagram, and the chords of the key to pick from.

use super::chords::Chords;
use crate::guitar::{diagram::Diagram, hand::Hand, performance::Performance};
use leptos::prelude::*;
use logic::music::{Pad, PitchClass, pads};
use texts::text;

/// The left column of the stage.
#[component]
pub(super) fn ChordCard(
    performance: Performance,
    key: RwSignal<PitchClass>,
    chords: Memo<Chords>,
) -> impl IntoView {
    let hand = performance.hand;
    let name = move || hand.with(|hand| hand.name.clone());
    // Longer names get smaller letters, so that nothing beside them moves.
    let size = move || match hand.with(|hand| hand.name.chars().count()) {
        0..=2 => "chord-name",
        3..=4 => "chord-name chord-name-long",
        _ => "chord-name chord-name-longer",
    };
    let pad = move |(place, pad): (usize, Pad)| {
        let name = pad.name();
        let pick = {
            let name = name.clone();
            move |_| performance.hold_chord(name.clone())
        };
        view! {
            <button
                type="button"
                class="chord-pick"
                aria-pressed=move || hand.with(|hand| hand.is(pad.chord)).to_string()
                on:click=pick
            >
                <span class="chord-pick-key" aria-hidden="true">
                    {(place + 1).to_string()}
                </span>
                <span>{name}</span>
            </button>
        }
    };
    view! {
        <section class="chord" aria-label=text!(guitar.chord)>
            <h1 class="label">{text!(guitar.chord)}</h1>
            <p class=size data-chord=name>
                {name}
            </p>
            <p class="chord-words">{move || hand.with(Hand::words)}</p>
            <Diagram hand/>
            <div class="chord-list">
                <p class="label">
                    {text!(guitar.chords_in)} " " <span class="as-written">{move || key_name(key.get())}</span>
                </p>
                <div class="chord-picks">
                    {move || {
                        chords.get().0.into_iter().enumerate().map(pad).collect_view()
                    }}
                </div>
            </div>
        </section>
    }
}

/// A key as its own sheet music spells it.
pub(in crate::guitar) fn key_name(key: PitchClass) -> String {
    pads(key)[0].name()
}
