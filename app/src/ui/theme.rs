//! Light, dark, or as the system wishes. The guitar's pages are always dark: they are a stage.

use crate::{
    browser::use_browser,
    ui::{Address, Icon, IconShape},
};
use leptos::prelude::*;
use leptos_meta::Html;
use texts::{text, words};

const STORED_UNDER: &str = "theme";

/// What a person chose for the gym's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// As the system wishes.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of `data-theme`, also how the choice is stored.
    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => words!(shared.theme_system),
            Self::Light => words!(shared.theme_light),
            Self::Dark => words!(shared.theme_dark),
        }
    }

    fn icon(self) -> IconShape {
        match self {
            Self::System => IconShape::MONITOR,
            Self::Light => IconShape::SUN,
            Self::Dark => IconShape::MOON,
        }
    }
}

#[derive(Clone, Copy)]
struct Chosen(RwSignal<Theme>);

/// Sets `data-product` and `data-theme` on `<html>` by the router's address and the person's choice,
/// and reports the address to the page.
#[component]
pub(crate) fn DocumentLook() -> impl IntoView {
    let chosen = RwSignal::new(Theme::System);
    provide_context(Chosen(chosen));
    let browser = use_browser();
    Effect::new(move |_| {
        let stored = browser.with(|browser| browser.stored(STORED_UNDER)).flatten();
        let theme = Theme::ALL.into_iter().find(|theme| Some(theme.name()) == stored.as_deref());
        chosen.set(theme.unwrap_or_default());
    });
    let address = Address::routed();
    provide_context(address);
    let path = address.path;
    let in_gym = Memo::new(move |_| path.with(|path| path == "/gym" || path.starts_with("/gym/")));
    let product = move || if in_gym.get() { "gym" } else { "guitar" };
    let theme = move || if in_gym.get() { chosen.get().name() } else { Theme::Dark.name() };
    view! { <Html attr:data-product=product attr:data-theme=theme/> }
}

/// Three buttons; the choice is kept in this browser.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let chosen = use_context::<Chosen>().map_or_else(RwSignal::default, |chosen| chosen.0);
    let choice = move |theme: Theme| {
        let browser = use_browser();
        let choose = move |_| {
            chosen.set(theme);
            browser.with(|browser| browser.store(STORED_UNDER, theme.name()));
        };
        view! {
            <button
                type="button"
                class="icon-button"
                aria-label=move || theme.label()
                title=move || theme.label()
                aria-pressed=move || (chosen.get() == theme).to_string()
                on:click=choose
            >
                <Icon shape=theme.icon()/>
            </button>
        }
    };
    view! {
        <div class="theme-switch" role="group" aria-label=text!(shared.theme)>
            {Theme::ALL.map(choice).into_iter().collect_view()}
        </div>
    }
}
