//! What a page needs of the browser besides the link: sound, vibration, the device's time zone,
//! small storage, the clipboard, and signals to the other tabs.

use crate::{
    contents::{HAS_DESK_SOUND, HAS_GUITAR_SOUND},
    sound::Sound,
};
use app::{
    browser::{BrowserHandle, BrowserPort, DeskSound, SIGN_IN_KEY, SoundState},
    ui::search_with_language,
};
use gloo_net::http::Request;
use js_sys::{Date, Function, Reflect};
use leptos::prelude::*;
use protocol::Millis;
use std::rc::Rc;
use texts::{LANGUAGE_COOKIE, Language};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::StorageEvent;

/// The browser edge of this page; to be provided as context before hydration.
pub(crate) fn browser() -> BrowserHandle {
    let state = RwSignal::new(SoundState::default());
    reload_on_sign_in();
    let sound = (HAS_GUITAR_SOUND || HAS_DESK_SOUND).then(|| Sound::new(state));
    BrowserHandle::new(Rc::new(BrowserEdge { sound }), state)
}

struct BrowserEdge {
    sound: Option<Sound>,
}

impl BrowserEdge {
    /// The sound, for a client with a guitar. The constant lets the compiler leave out of the
    /// other clients what is done with it.
    #[inline(always)]
    fn guitar(&self) -> Option<&Sound> {
        if HAS_GUITAR_SOUND { self.sound.as_ref() } else { None }
    }

    /// The sound, for a client with a guitar or a desk.
    #[inline(always)]
    fn sound(&self) -> Option<&Sound> {
        if HAS_GUITAR_SOUND || HAS_DESK_SOUND { self.sound.as_ref() } else { None }
    }
}

impl BrowserPort for BrowserEdge {
    fn unlock_sound(&self) {
        if let Some(sound) = self.sound() {
            sound.unlock();
        }
    }

    fn set_muted(&self, muted: bool) {
        if let Some(sound) = self.guitar() {
            sound.set_muted(muted);
        }
    }

    fn set_volume(&self, volume: f32) {
        if let Some(sound) = self.guitar() {
            sound.set_volume(volume);
        }
    }

    fn pluck(&self, string: usize, hz: f32, velocity: f32, delay_ms: f32) {
        if let Some(sound) = self.guitar() {
            sound.pluck(string, hz, velocity, delay_ms);
        }
    }

    fn damp(&self) {
        if let Some(sound) = self.guitar() {
            sound.damp();
        }
    }

    fn levels(&self) -> [f32; 6] {
        self.guitar().map(Sound::levels).unwrap_or_default()
    }

    fn vibrate(&self, ms: u32) {
        let navigator = window().navigator();
        // Chromium reports a vibration before the page's first tap as an error.
        let activation = get(&navigator, "userActivation");
        let tapped = activation.is_none_or(|activation| {
            get(&activation, "hasBeenActive").is_none_or(|active| active.is_truthy())
        });
        if tapped {
            call(&navigator, "vibrate", &ms.into());
        }
    }

    fn play_desk_sound(&self, sound: DeskSound) {
        if let Some(player) = self.sound().filter(|_| HAS_DESK_SOUND) {
            player.play_desk_sound(sound);
        }
    }

    fn utc_offset_minutes(&self, at: Millis) -> i32 {
        // JavaScript counts the minutes that UTC is ahead.
        -(Date::new(&(at as f64).into()).get_timezone_offset() as i32)
    }

    fn stored(&self, key: &str) -> Option<String> {
        storage()?.get_item(key).ok()?
    }

    fn store(&self, key: &str, value: &str) {
        if let Some(storage) = storage() {
            // A full or forbidden storage only means that the choice is not remembered.
            let _ = storage.set_item(key, value);
        }
    }

    fn keep_language(&self, language: Language) {
        let secure = match window().location().protocol() {
            Ok(protocol) if protocol == "https:" => "; Secure",
            _ => "",
        };
        let cookie = format!(
            "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}",
            language.tag()
        );
        // Where cookies are forbidden the choice lasts as long as the page.
        let _ = Reflect::set(&document(), &"cookie".into(), &cookie.into());
        forget_asked_language();
    }

    fn fetch_text(&self, address: String, done: Box<dyn FnOnce(Option<String>)>) {
        spawn_local(async move {
            let answer = match Request::get(&address).send().await {
                // Also of a page that says "not allowed" or "not found".
                Ok(answer) => answer.text().await.ok(),
                Err(_) => None,
            };
            done(answer);
        });
    }

    fn copy(&self, text: &str) -> bool {
        let clipboard = get(&window().navigator(), "clipboard").filter(JsValue::is_object);
        let promise = clipboard.and_then(|board| call(&board, "writeText", &text.into()));
        match promise.and_then(|promise| promise.dyn_into::<js_sys::Promise>().ok()) {
            Some(promise) => {
                spawn_local(async move { drop(JsFuture::from(promise).await) });
                true
            }
            None => copy_by_selection(text).unwrap_or(false),
        }
    }

    fn announce_sign_in(&self) {
        self.store(SIGN_IN_KEY, &Date::now().to_string());
    }
}

/// Takes `lang=` out of the address: it would win over the choice at the next reload.
fn forget_asked_language() {
    let window = window();
    let (Ok(search), Ok(path)) = (window.location().search(), window.location().pathname()) else {
        return;
    };
    let hash = window.location().hash().unwrap_or_default();
    let address = format!("{path}{}{hash}", search_with_language(&search, None));
    if let Ok(history) = window.history() {
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(&address));
    }
}

/// The way to copy that also works on plain http.
fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document();
    let field = document.create_element("textarea").ok()?;
    Reflect::set(&field, &"value".into(), &text.into()).ok()?;
    field.set_attribute("class", "sr-only").ok()?;
    let body = document.body()?;
    body.append_child(&field).ok()?;
    call(&field, "select", &JsValue::UNDEFINED);
    let copied = call(&document, "execCommand", &"copy".into());
    field.remove();
    Some(copied.is_some_and(|copied| copied.is_truthy()))
}

/// Another tab signed in or out: what this tab may show has changed. A guitar that plays is left
/// alone, and the sign-in page goes on by itself.
fn reload_on_sign_in() {
    let handle = window_event_listener(leptos::ev::storage, |event: StorageEvent| {
        let path = window().location().pathname().unwrap_or_default();
        let shows_data = path.starts_with("/gym") || path.starts_with("/practice");
        let signs_in = path.starts_with("/gym/sign-in");
        if event.key().as_deref() == Some(SIGN_IN_KEY) && shows_data && !signs_in {
            let _ = window().location().reload();
        }
    });
    // As long as the page.
    std::mem::forget(handle);
}

/// What this browser keeps between visits; none where a person forbids it.
pub(crate) fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok()?
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// Calls a method that this browser may lack.
fn call(object: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    get(object, name)?.dyn_into::<Function>().ok()?.call1(object, argument).ok()
}
