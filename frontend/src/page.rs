//! The page's clocks, visibility and events, and random bytes.

use js_sys::Date;
use logic::{Monotonic, link::Now};
use protocol::MessageId;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventTarget, VisibilityState, window};

/// Both clocks now.
pub(crate) fn now() -> Now {
    Now { mono: Monotonic::from_ms(monotonic() as i64), wall: Date::now() as i64 }
}

/// Milliseconds since the page was opened; never jumps.
pub(crate) fn monotonic() -> f64 {
    window().and_then(|w| w.performance()).map_or_else(Date::now, |p| p.now())
}

/// The id of a new message: a UUIDv7 from `getRandomValues`, which works on insecure origins;
/// `randomUUID` does not.
pub(crate) fn new_message_id() -> MessageId {
    let id = uuid::Builder::from_unix_timestamp_millis(Date::now() as u64, &random_bytes());
    MessageId(id.into_uuid())
}

/// A seed for jitter.
pub(crate) fn random_seed() -> u64 {
    u64::from_le_bytes(random_bytes())
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = window()
        .and_then(|w| w.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        // Every browser that runs WebAssembly has it; if one does not, ids must still differ.
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

/// Whether a person can see the page.
pub(crate) fn is_visible() -> bool {
    window()
        .and_then(|w| w.document())
        .is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// The device's name: a device whose first pointer is a finger is a phone.
pub(crate) fn device() -> &'static str {
    let coarse = window()
        .and_then(|w| w.match_media("(pointer: coarse)").ok().flatten())
        .is_some_and(|query| query.matches());
    if coarse { "phone" } else { "PC" }
}

/// Calls `act` for an event for as long as the page lives.
pub(crate) fn on(target: &EventTarget, event: &str, act: impl Fn() + 'static) {
    let closure = Closure::<dyn Fn()>::new(act);
    let listening =
        target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    if listening.is_ok() {
        closure.forget();
    }
}
