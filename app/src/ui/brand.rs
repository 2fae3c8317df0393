//! The mark and the name.

use leptos::prelude::*;

/// Cadence's wave and name, with the product's name beside it where there is room.
#[component]
pub(crate) fn Brand(
    /// `VirtuTune` or `AV-Gym`.
    #[prop(optional, into)]
    product: Option<String>,
) -> impl IntoView {
    view! {
        <span class="brand">
            <svg class="brand-wave" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d="M3 11v2M7.5 8v8M12 3v18M16.5 7v10M21 11v2"/>
            </svg>
            <span class="brand-name">"Cadence"</span>
            {product.map(|product| view! { <span class="brand-product">{product}</span> })}
        </span>
    }
}
