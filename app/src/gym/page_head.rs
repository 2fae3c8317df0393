//! The head of each page of the gym.

use crate::ui::LinkChip;
use leptos::prelude::*;
use leptos_meta::Title;

/// A page's title, a word beside it, and its actions; the connection's chip where the page is
/// live.
#[component]
pub(crate) fn PageHead(
    /// The title, also of the document.
    #[prop(into)]
    title: TextProp,
    /// A word beside the title.
    #[prop(into, default = Signal::stored(String::new()))]
    note: Signal<String>,
    /// Whether the page shows the connection.
    #[prop(optional)]
    live: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <h1>{move || title.get()}</h1>
            <span class="page-note">{move || note.get()}</span>
            <div class="page-actions">
                {live.then(|| view! { <LinkChip/> })}
                {children.map(|children| children())}
            </div>
        </header>
    }
}
