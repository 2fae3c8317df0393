//! The port to what a browser has besides the link: sound, vibration, clock, small storage. On
//! the server there is none of it, and every call does nothing.

use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::rc::Rc;

/// The key of the storage entry that a tab changes when the person signs in or out; the other tabs
/// of the browser get its `storage` event.
pub const SIGN_IN_KEY: &str = "cadence.sign-in";

/// Whether the page makes sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SoundState {
    /// The browser allows sound only after a tap or key press.
    #[default]
    Locked,
    /// Sounds.
    On,
    /// Switched off by the person.
    Muted,
    /// This browser cannot make sound.
    Unavailable,
}

/// The desk's signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskSound {
    /// The command is done without a warning.
    Accepted,
    /// The member is in, with something to look at.
    Caution,
    /// The member is refused, or the command failed.
    Refused,
}

/// What the browser edge implements.
pub trait BrowserPort {
    /// Starts or resumes sound; works only inside a tap or key press.
    fn unlock_sound(&self);
    /// Switches sound off or on.
    fn set_muted(&self, muted: bool);
    /// Loudness, 0 to 1.
    fn set_volume(&self, volume: f32);
    /// Plucks a string (0 = low E … 5 = high e) after `delay_ms`.
    fn pluck(&self, string: usize, hz: f32, velocity: f32, delay_ms: f32);
    /// Damps all strings.
    fn damp(&self);
    /// How loud each string is now, 0 to 1: the envelope of the sound itself.
    fn levels(&self) -> [f32; 6];
    /// Vibrates a phone where it can.
    fn vibrate(&self, ms: u32);
    /// Plays one of the desk's signals.
    fn play_desk_sound(&self, sound: DeskSound);
    /// Minutes that this device's time is ahead of UTC at a moment.
    fn utc_offset_minutes(&self, at: protocol::Millis) -> i32;
    /// A small value kept in this browser, such as the theme.
    fn stored(&self, key: &str) -> Option<String>;
    /// Keeps a small value.
    fn store(&self, key: &str, value: &str);
    /// Remembers the language of this browser's pages, for the server as well.
    fn keep_language(&self, language: texts::Language);
    /// Fetches a text from this server and hands it on; `None` when that fails.
    fn fetch_text(&self, address: String, done: Box<dyn FnOnce(Option<String>)>);
    /// Copies text to the clipboard where that is allowed; false where it is not.
    fn copy(&self, text: &str) -> bool;
    /// Signals to the other tabs of this browser that the person signed in or out.
    fn announce_sign_in(&self);
}

/// The browser as pages use it; get it by [`use_browser`].
#[derive(Clone)]
pub struct BrowserHandle {
    port: Option<SendWrapper<Rc<dyn BrowserPort>>>,
    /// Whether the page makes sound.
    pub sound: RwSignal<SoundState>,
}

impl BrowserHandle {
    /// A browser edge, which keeps `sound` up to date.
    pub fn new(port: Rc<dyn BrowserPort>, sound: RwSignal<SoundState>) -> Self {
        Self { port: Some(SendWrapper::new(port)), sound }
    }

    /// The browser of a server render.
    pub fn absent() -> Self {
        Self { port: None, sound: RwSignal::default() }
    }

    /// Does something with the browser when there is one.
    pub fn with<T>(&self, act: impl FnOnce(&dyn BrowserPort) -> T) -> Option<T> {
        self.port.as_ref().map(|port| act(&***port))
    }
}

/// The browser of this page.
pub fn use_browser() -> BrowserHandle {
    use_context::<BrowserHandle>().unwrap_or_else(BrowserHandle::absent)
}
