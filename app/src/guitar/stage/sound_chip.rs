//! Whether the page sounds, and how loud.

use crate::{
    browser::{BrowserHandle, SoundState, use_browser},
    ui::{Icon, IconShape},
};
use leptos::prelude::*;
use texts::{text, words};

const VOLUME_KEY: &str = "cadence.volume";
const DEFAULT_VOLUME: u8 = 80;

/// Asks for the tap that browsers require before sound, then switches sound off and on.
#[component]
pub(super) fn SoundChip() -> impl IntoView {
    let browser = use_browser();
    let sound = browser.sound;
    let volume = stored_volume(browser.clone());
    // The page unlocks the sound when the chip is touched; the click that ends the touch must not
    // switch it off again.
    let unlocks = StoredValue::new(false);
    let touch = move || unlocks.set_value(sound.get_untracked() == SoundState::Locked);
    let press = move |_| {
        browser.with(|browser| match sound.get_untracked() {
            SoundState::Locked => browser.unlock_sound(),
            SoundState::On if unlocks.get_value() => {}
            SoundState::On => browser.set_muted(true),
            SoundState::Muted => browser.set_muted(false),
            SoundState::Unavailable => {}
        });
    };
    let text = move || match sound.get() {
        SoundState::Locked => words!(guitar.sound_tap),
        SoundState::On => words!(guitar.sound_on),
        SoundState::Muted => words!(guitar.sound_off),
        SoundState::Unavailable => words!(guitar.sound_none),
    };
    let icon = Signal::derive(move || match sound.get() {
        SoundState::On => IconShape::VOLUME,
        _ => IconShape::VOLUME_X,
    });
    view! {
        <div class="sound">
            <button
                type="button"
                class="button sound-button"
                class:button-primary=move || sound.get() == SoundState::Locked
                disabled=move || sound.get() == SoundState::Unavailable
                aria-pressed=move || (sound.get() == SoundState::On).to_string()
                data-sound=move || match sound.get() {
                    SoundState::Locked => "locked",
                    SoundState::On => "on",
                    SoundState::Muted => "off",
                    SoundState::Unavailable => "none",
                }
                on:pointerdown=move |_| touch()
                on:keydown=move |_| touch()
                on:click=press
            >
                <Icon shape=icon/>
                {text}
            </button>
            <Show when=move || sound.get() == SoundState::On>
                <VolumeSlider volume/>
            </Show>
        </div>
    }
}

/// The volume in percent, as this browser keeps it; the sound follows it.
fn stored_volume(browser: BrowserHandle) -> RwSignal<u8> {
    let volume = RwSignal::new(DEFAULT_VOLUME);
    Effect::new({
        let browser = browser.clone();
        move |_| {
            let stored = browser.with(|browser| browser.stored(VOLUME_KEY)).flatten();
            if let Some(stored) = stored.and_then(|stored| stored.parse::<u8>().ok()) {
                volume.set(stored.min(100));
            }
        }
    });
    Effect::new(move |_| {
        let volume = f32::from(volume.get()) / 100.0;
        browser.with(|browser| browser.set_volume(volume));
    });
    volume
}

#[component]
fn VolumeSlider(volume: RwSignal<u8>) -> impl IntoView {
    let browser = use_browser();
    let change = move |event| {
        if let Ok(wanted) = event_target_value(&event).parse::<u8>() {
            volume.set(wanted.min(100));
            browser.with(|browser| browser.store(VOLUME_KEY, &wanted.to_string()));
        }
    };
    view! {
        <input
            class="volume"
            type="range"
            min="0"
            max="100"
            aria-label=text!(guitar.volume)
            prop:value=move || volume.get().to_string()
            on:input=change
        />
    }
}
