//! The loudness of the last seconds, the present on the left.

use super::instrument::{BARS, Instrument};
use leptos::prelude::*;

/// The meter; the instrument draws it while something sounds.
#[component]
pub(super) fn Meter(instrument: Instrument) -> impl IntoView {
    let bar = |place: usize| {
        view! {
            <rect
                x="0"
                y="-1"
                width="4"
                height="2"
                opacity=format!("{:.2}", 1.0 - place as f32 / BARS as f32)
                transform=format!("translate({} 14) scale(1 1)", place * 9)
            ></rect>
        }
    };
    view! {
        <svg class="meter" viewBox=format!("0 0 {} 28", BARS * 9) aria-hidden="true">
            <g node_ref=instrument.bars>{(0..BARS).map(bar).collect_view()}</g>
        </svg>
    }
}
