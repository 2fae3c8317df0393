//! The right hand: a swipe over six strings.

use super::buzz::use_buzz;
use crate::guitar::{
    performance::Performance,
    strings::{LowE, Pointers},
};
use leptos::{ev::PointerEvent, html, prelude::*, web_sys::HtmlElement};
use logic::music::STRINGS;
use protocol::guitar::{Strum, StrumSource};
use texts::words;

/// The strip; the low E is on top, as on a guitar that one looks down on.
#[component]
pub(super) fn StrumStrip(
    performance: Performance,
    /// Whether this phone may play, and the page answers.
    able: Memo<bool>,
    /// The strings that another device strummed last, 1 (high e) to 6.
    strummed: RwSignal<Vec<u8>>,
) -> impl IntoView {
    let pointers = Pointers::new(LowE::Top, StrumSource::Swipe);
    let buzz = use_buzz();
    let hand = performance.hand;
    let thumb = NodeRef::<html::Span>::new();
    let touched = RwSignal::new(false);
    // Counts the strokes over each string: the parity restarts the string's animation.
    let rung = RwSignal::new([0u32; STRINGS]);
    let ring = move |strings: &[u8]| {
        rung.update(|rung| {
            for string in strings {
                if let Some(count) = rung.get_mut(STRINGS.saturating_sub(usize::from(*string))) {
                    *count += 1;
                }
            }
        });
    };
    Effect::new(move |_| strummed.with(|strings| ring(strings)));
    let play = move |strum: Strum| {
        ring(strum.strings.as_deref().unwrap_or_default());
        buzz(6);
        performance.strum(strum);
    };
    let down = move |event: PointerEvent| {
        if able.get_untracked() {
            pointers.down(&event);
            touched.set(true);
            follow(thumb, &event);
        }
    };
    let moved = {
        let play = play.clone();
        move |event: PointerEvent| {
            if touched.get_untracked() {
                follow(thumb, &event);
            }
            pointers.moved(&event).into_iter().for_each(&play);
        }
    };
    let up = move |event: PointerEvent| {
        touched.set(false);
        pointers.up(&event).into_iter().for_each(&play);
    };
    let string = move |string: usize| {
        let sounds = move || hand.with(|hand| hand.voicing.frets[string].is_some());
        let class = move || {
            let rings = match rung.with(|rung| rung[string]) {
                0 => "",
                count if count % 2 == 0 => " strip-rings-a",
                _ => " strip-rings-b",
            };
            let muted = if sounds() { "" } else { " strip-muted" };
            format!("strip-string strip-string-{string}{rings}{muted}")
        };
        view! { <span class=class></span> }
    };
    view! {
        <div
            class="strip"
            class:strip-unable=move || !able.get()
            role="group"
            aria-label=move || words!(guitar.strip)
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |event| {
                touched.set(false);
                pointers.cancelled(&event);
            }
            on:contextmenu=|event| event.prevent_default()
        >
            {(0..STRINGS).map(string).collect_view()}
            <span class="strip-thumb" class:strip-touched=move || touched.get() node_ref=thumb></span>
            <span class="strip-word">{move || words!(guitar.swipe)}</span>
        </div>
    }
}

/// Moves the light under the finger. The style is set by script, which a strict CSP allows.
fn follow(thumb: NodeRef<html::Span>, event: &PointerEvent) {
    if let Some(thumb) = thumb.try_get_untracked().flatten() {
        let place = format!("translateY({}px)", event.offset_y());
        let _ = HtmlElement::style(&thumb).set_property("transform", &place);
    }
}
