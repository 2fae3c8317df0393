//! A short word about something, such as `in` or `expired`.

use leptos::prelude::*;

/// The meaning of a badge, chip or card, shown as its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Green.
    Good,
    /// Amber.
    Warn,
    /// Red.
    Bad,
}

impl Tone {
    /// The CSS class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "tone-plain",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
        }
    }
}

/// A short word about something.
#[component]
pub(crate) fn Badge(
    /// Its colour.
    #[prop(optional)]
    tone: Tone,
    /// The word.
    #[prop(into)]
    text: TextProp,
) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{move || text.get()}</span> }
}
