//! (being written)
use leptos::prelude::*;
/// (being written)
#[component]
pub fn NotFound() -> impl IntoView { view! { <main><h1>"Cadence"</h1></main> } }
