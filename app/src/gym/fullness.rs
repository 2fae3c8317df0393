//! How much of the places is taken, as a bar.

use leptos::prelude::*;

/// From here on, in hundredths of the capacity, the bar and the figures warn.
pub(crate) const NEARLY_FULL_PERCENT: i64 = 90;

/// The bar, drawn with SVG attributes: a strict `style-src` blocks inline styles.
#[component]
pub(crate) fn FullnessBar(
    /// Hundredths taken; more than 100 shows as full.
    #[prop(into)]
    percent: Signal<i64>,
) -> impl IntoView {
    let warns = move || percent.get() >= NEARLY_FULL_PERCENT;
    view! {
        <svg class="fullness" class:fullness-warn=warns aria-hidden="true">
            <rect class="fullness-room" width="100%" height="100%" rx="3"></rect>
            <rect
                class="fullness-taken"
                width=move || format!("{}%", percent.get().clamp(0, 100))
                height="100%"
                rx="3"
            ></rect>
        </svg>
    }
}
