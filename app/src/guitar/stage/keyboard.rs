//! The stage is played from the keyboard: chords, strums, mute, key.

use super::{chords::Chords, instrument::Instrument};
use crate::{
    browser::{SoundState, use_browser},
    guitar::performance::Performance,
};
use leptos::{
    ev::{self, KeyboardEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};
use logic::music::PitchClass;
use protocol::guitar::{Direction, Strum, StrumSource};

/// Listens as long as the page is there. Any key or tap also unlocks the sound.
pub(super) fn use_keyboard(
    performance: Performance,
    instrument: Instrument,
    key: RwSignal<PitchClass>,
    chords: Memo<Chords>,
) {
    let browser = use_browser();
    Effect::new(move |_| {
        let unlock = {
            let browser = browser.clone();
            move || {
                if browser.sound.get_untracked() == SoundState::Locked {
                    browser.with(|browser| browser.unlock_sound());
                }
            }
        };
        let instrument = instrument.clone();
        // Whether a person walks the page with Tab: only then Space belongs to a button. Browsers
        // count a clicked button as reached by keyboard as soon as any key is pressed.
        let walks = StoredValue::new(false);
        let pressed = {
            let unlock = unlock.clone();
            move |event: KeyboardEvent| {
                if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
                    return;
                }
                unlock();
                if event.code() == "Tab" {
                    walks.set_value(true);
                }
                match Press::of(&event.code(), event.shift_key()) {
                    Some(Press::Strum(_)) if is_on_control(walks.get_value()) => return,
                    Some(_) if event.repeat() => {}
                    Some(Press::Chord(place)) => {
                        performance.hold_chord(chords.get_untracked().0[place].name());
                    }
                    Some(Press::Strum(direction)) => {
                        let strum = Strum {
                            direction,
                            velocity: 0.8,
                            strings: None,
                            source: StrumSource::Keyboard,
                            at: None,
                        };
                        instrument.sound(&strum);
                        performance.strum(strum);
                    }
                    Some(Press::Mute) => {
                        instrument.damp();
                        performance.mute();
                    }
                    Some(Press::Key(steps)) => key.update(|key| *key = key.up(steps)),
                    None => return,
                }
                // The page must not scroll, and a button must not be pressed as well.
                event.prevent_default();
            }
        };
        let keys = window_event_listener(ev::keydown, pressed);
        let taps = {
            let unlock = unlock.clone();
            window_event_listener(ev::pointerdown, move |_| {
                walks.set_value(false);
                unlock();
            })
        };
        // A finger counts as a gesture only when it lifts.
        let lifts = window_event_listener(ev::pointerup, move |_| unlock());
        on_cleanup(move || {
            keys.remove();
            taps.remove();
            lifts.remove();
        });
    });
}

/// What a key means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// The chord at a place of the key, from 0.
    Chord(usize),
    Strum(Direction),
    Mute,
    /// The key, so many semitones up.
    Key(u8),
}

impl Press {
    /// Keys are named by their place, so that they lie the same on every layout.
    fn of(code: &str, shift: bool) -> Option<Self> {
        let digit = code.strip_prefix("Digit").or(code.strip_prefix("Numpad"));
        if let Some(digit) = digit.and_then(|digit| digit.parse::<usize>().ok()) {
            return (1..=8).contains(&digit).then(|| Self::Chord(digit - 1));
        }
        match code {
            "Space" if shift => Some(Self::Strum(Direction::Up)),
            "Space" => Some(Self::Strum(Direction::Down)),
            "KeyM" => Some(Self::Mute),
            "ArrowRight" | "ArrowUp" => Some(Self::Key(1)),
            "ArrowLeft" | "ArrowDown" => Some(Self::Key(11)),
            _ => None,
        }
    }
}

/// Whether the key belongs to a field.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target
        .is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA"))
}

/// Whether a person walks the page by keyboard and stands on a button: Space is the button's
/// then. A button that was only clicked gives Space back to the strings.
fn is_on_control(walks: bool) -> bool {
    let Some(active) = document().active_element() else { return false };
    if walks && matches!(active.tag_name().as_str(), "A" | "BUTTON") {
        return true;
    }
    if let Ok(active) = active.dyn_into::<HtmlElement>() {
        let _ = active.blur();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_the_same_on_every_layout() {
        assert_eq!(Press::of("Digit1", false), Some(Press::Chord(0)));
        assert_eq!(Press::of("Numpad8", false), Some(Press::Chord(7)));
        assert_eq!(Press::of("Digit9", false), None);
        assert_eq!(Press::of("Space", false), Some(Press::Strum(Direction::Down)));
        assert_eq!(Press::of("Space", true), Some(Press::Strum(Direction::Up)));
        assert_eq!(Press::of("KeyM", false), Some(Press::Mute));
        assert_eq!(Press::of("ArrowLeft", false), Some(Press::Key(11)), "a semitone down");
        assert_eq!(Press::of("NumpadEnter", false), None);
    }
}
