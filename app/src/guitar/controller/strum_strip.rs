//! The right hand: a swipe over six strings.

use super::buzz::use_buzz;
use crate::guitar::{
    performance::Performance,
    strings::{LowE, Pointers},
};
use leptos::{ev::PointerEvent, html, prelude::*, web_sys::HtmlElement};
use logic::music::STRINGS;
use protocol::guitar::{Strum, StrumSource};
use texts::text;

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
    let strokes = StringStrokes::default();
    Effect::new(move |_| strummed.with(|strings| strokes.count(strings)));
    let play = move |strum: Strum| {
        strokes.count(strum.strings.as_deref().unwrap_or_default());
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
            let muted = if sounds() { "" } else { " strip-muted" };
            format!("strip-string strip-string-{string}{}{muted}", strokes.class(string))
        };
        view! { <span class=class></span> }
    };
    view! {
        <div
            class="strip"
            class:strip-unable=move || !able.get()
            role="group"
            aria-label=text!(guitar.strip)
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
            <span class="strip-word">{text!(guitar.swipe)}</span>
        </div>
    }
}

/// The number of strokes over each string, from the low E: their parity restarts the string's
/// animation.
#[derive(Clone, Copy, Default)]
struct StringStrokes(RwSignal<[u32; STRINGS]>);

impl StringStrokes {
    /// Counts a stroke over strings, 1 (high e) to 6.
    fn count(self, strings: &[u8]) {
        self.0.update(|strokes| {
            for string in strings {
                if let Some(count) = strokes.get_mut(STRINGS.saturating_sub(usize::from(*string))) {
                    *count += 1;
                }
            }
        });
    }

    /// The class that animates a string.
    fn class(self, string: usize) -> &'static str {
        match self.0.with(|strokes| strokes[string]) {
            0 => "",
            count if count % 2 == 0 => " strip-rings-a",
            _ => " strip-rings-b",
        }
    }
}

/// Moves the light under the finger. The style is set by script, which a strict CSP allows.
fn follow(thumb: NodeRef<html::Span>, event: &PointerEvent) {
    if let Some(thumb) = thumb.try_get_untracked().flatten() {
        let place = format!("translateY({}px)", event.offset_y());
        let _ = HtmlElement::style(&thumb).set_property("transform", &place);
    }
}
