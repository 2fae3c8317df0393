//! (being written)
use leptos::prelude::*;
/// (being written)
#[component]
pub fn Stage() -> impl IntoView { view! { <main><h1>"Cadence"</h1></main> } }
