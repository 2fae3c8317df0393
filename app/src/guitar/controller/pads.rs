//! The eight chords of the key, under the thumb. A pad acts when it is touched, not when it is
//! let go, and looks pressed before anything is sent.

use super::buzz::use_buzz;
use crate::guitar::performance::Performance;
use leptos::{
    ev::{MouseEvent, PointerEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::Element,
};
use logic::music::{Pad, PitchClass, pads};
use texts::text;

/// The pads of a key.
#[component]
pub(super) fn Pads(
    performance: Performance,
    key: RwSignal<PitchClass>,
    /// Whether this phone may play, and the page answers.
    able: Memo<bool>,
) -> impl IntoView {
    // Which pointer holds which pad: two thumbs can lie on two pads.
    let touches = RwSignal::new(Vec::<(i32, usize)>::new());
    let hand = performance.hand;
    let buzz = use_buzz();
    let release = move |event: PointerEvent| {
        touches.update(|touches| touches.retain(|(pointer, _)| *pointer != event.pointer_id()));
    };
    let pad = move |(place, pad): (usize, Pad)| {
        let name = pad.name();
        let hold = {
            let (name, buzz) = (name.clone(), buzz.clone());
            move || {
                performance.hold_chord(name.clone());
                buzz(10);
            }
        };
        let touch = {
            let hold = hold.clone();
            move |event: PointerEvent| {
                if event.button() != 0 || !able.get_untracked() {
                    return;
                }
                event.prevent_default();
                touches.update(|touches| touches.push((event.pointer_id(), place)));
                keep(&event);
                hold();
            }
        };
        // A keyboard or a screen reader presses without a pointer.
        let click = move |event: MouseEvent| {
            if event.detail() == 0 && able.get_untracked() {
                hold();
            }
        };
        let pressed =
            move || touches.with(|touches| touches.iter().any(|(_, touched)| *touched == place));
        view! {
            <button
                type="button"
                class="pad"
                class:pad-pressed=pressed
                aria-pressed=move || hand.with(|hand| hand.is(pad.chord)).to_string()
                aria-disabled=move || (!able.get()).to_string()
                data-chord=name
                on:pointerdown=touch
                on:pointerup=release
                on:pointercancel=release
                on:lostpointercapture=release
                on:click=click
                on:contextmenu=|event| event.prevent_default()
            >
                <span class="pad-name">{pad.name()}</span>
                <span class="pad-numeral">{pad.numeral}</span>
            </button>
        }
    };
    view! {
        <div class="pads" role="group" aria-label=text!(guitar.chords) class:pads-unable=move || !able.get()>
            {move || pads(key.get()).into_iter().enumerate().map(pad.clone()).collect_view()}
        </div>
    }
}

/// The pad keeps its pointer until it is lifted, wherever it slides.
fn keep(event: &PointerEvent) {
    let pad = event.current_target().and_then(|pad| pad.dyn_into::<Element>().ok());
    if let Some(pad) = pad {
        // Refused for a pointer that is gone already.
        let _ = pad.set_pointer_capture(event.pointer_id());
    }
}
