//! The small diagram of a chord, as in a song book: strings upright, the low E on the left.

use crate::guitar::hand::Hand;
use leptos::prelude::*;
use logic::music::STRINGS;

const ROWS: usize = 5;
const GAP: f64 = 20.0;
const ROW: f64 = 26.0;
const LEFT: f64 = 14.0;
const TOP: f64 = 26.0;

/// A chord's diagram.
#[component]
pub(crate) fn Diagram(
    /// What is held.
    hand: Memo<Hand>,
) -> impl IntoView {
    let right = LEFT + GAP * (STRINGS - 1) as f64;
    let bottom = TOP + ROW * ROWS as f64;
    let string = move |string: usize| {
        let x = x(string);
        view! { <line class="diagram-string" x1=x y1=TOP x2=x y2=bottom></line> }
    };
    let fret = move |row: usize| {
        let y = TOP + ROW * row as f64;
        view! { <line class="diagram-fret" x1=LEFT y1=y x2=right y2=y></line> }
    };
    view! {
        <svg
            class="diagram"
            viewBox=format!("0 0 {} {}", right + LEFT + 8.0, bottom + 4.0)
            role="img"
            aria-label=move || hand.with(Hand::words)
        >
            {(0..STRINGS).map(string).collect_view()}
            {(1..=ROWS).map(fret).collect_view()}
            {move || hand.with(held)}
        </svg>
    }
}

/// What changes with the chord: nut or first fret, fingers, open and muted strings.
fn held(hand: &Hand) -> impl IntoView + use<> {
    let voicing = hand.voicing;
    let base = voicing.base_fret.max(1);
    let right = x(STRINGS - 1);
    let edge = if base == 1 { "diagram-nut" } else { "diagram-fret" };
    let place = (base > 1).then(|| {
        view! {
            <text class="diagram-base" x=right + 7.0 y=TOP + ROW * 0.65>
                {base.to_string()}
            </text>
        }
    });
    let barre = voicing.barre().filter(|barre| barre.fret >= base).map(|barre| {
        let y = y(barre.fret - base);
        view! { <line class="diagram-barre" x1=x(barre.from) y1=y x2=x(barre.to) y2=y></line> }
    });
    let string = move |string: usize| match voicing.frets[string] {
        None => {
            let x = x(string);
            let d = format!("M{} 9l9 9m0 -9l-9 9", x - 4.5);
            view! { <path class="diagram-muted" d=d></path> }.into_any()
        }
        Some(0) => {
            view! { <circle class="diagram-open" cx=x(string) cy="13" r="5"></circle> }.into_any()
        }
        Some(fret) => {
            let (x, y) = (x(string), y(fret.saturating_sub(base)));
            let finger = voicing.fingers[string].map(|finger| finger.to_string());
            view! {
                <g class="diagram-finger">
                    <circle cx=x cy=y r="9"></circle>
                    <text x=x y=y dy="0.36em">
                        {finger}
                    </text>
                </g>
            }
            .into_any()
        }
    };
    view! {
        <line class=edge x1=LEFT - 1.0 y1=TOP x2=right + 1.0 y2=TOP></line>
        {place}
        {barre}
        {(0..STRINGS).map(string).collect_view()}
    }
}

fn x(string: usize) -> f64 {
    LEFT + GAP * string as f64
}

fn y(row: u8) -> f64 {
    TOP + ROW * (f64::from(row) + 0.5)
}
