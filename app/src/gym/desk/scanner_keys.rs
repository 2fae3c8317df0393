//! The scanner's keys on the page, before any field or button gets them.

use leptos::{
    ev, html,
    prelude::*,
    wasm_bindgen::{JsCast, prelude::Closure},
    web_sys::{Event, HtmlElement, HtmlInputElement},
};
use logic::gym::scan_detector::{KeyMeaning, ScanDetector, ScanKey};
use send_wrapper::SendWrapper;

/// Takes the keys of the whole page. A scan goes to `on_scan` and leaves the focused field as it
/// was; a letter typed outside of any field goes into `input`.
pub(crate) fn use_scanner(input: NodeRef<html::Input>, on_scan: impl Fn(String) + Clone + 'static) {
    Effect::new(move |_| {
        let on_scan = on_scan.clone();
        let mut scanner = ScanDetector::default();
        let on_key = move |event: ev::KeyboardEvent| {
            let key = key_of(&event);
            let typed = matches!(key, ScanKey::Char(key) if key != ' ');
            if typed && focused_field().is_none() {
                // Before the character arrives, so that it lands in the input.
                if let Some(input) = input.get_untracked() {
                    _ = input.focus();
                }
            }
            let before = || focused_field().map(|field| (field.clone(), field.value()));
            match scanner.press(key, event.time_stamp(), before) {
                KeyMeaning::Typed => {}
                KeyMeaning::SuffixEcho => keep_from_page(&event),
                KeyMeaning::Scan { code, before } => {
                    keep_from_page(&event);
                    if let Some((field, value)) = before {
                        put_back(&field, &value);
                    }
                    on_scan(code);
                }
            }
        };
        // In the capture phase: the Enter of a scan must not reach the field or button that has
        // the focus.
        let listener = Closure::<dyn FnMut(ev::KeyboardEvent)>::new(on_key);
        let function = listener.as_ref().unchecked_ref();
        _ = window().add_event_listener_with_callback_and_bool("keydown", function, true);
        let listener = SendWrapper::new(listener);
        on_cleanup(move || {
            let listener = listener.take();
            let function = listener.as_ref().unchecked_ref();
            _ = window().remove_event_listener_with_callback_and_bool("keydown", function, true);
        });
    });
}

fn key_of(event: &ev::KeyboardEvent) -> ScanKey {
    let name = event.key();
    if is_composing(event) {
        return ScanKey::Other;
    }
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return ScanKey::Other;
    }
    if name == "Enter" {
        return ScanKey::Suffix;
    }
    if event.repeat() {
        return ScanKey::Other;
    }
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => ScanKey::Char(letter),
        _ if name == "Shift" || name == "CapsLock" => ScanKey::Modifier,
        _ => ScanKey::Other,
    }
}

/// Whether an input method takes the key, such as the Enter that ends a conversion. Safari reports
/// that Enter only by its old key code, after the end of the composition.
pub(super) fn is_composing(event: &ev::KeyboardEvent) -> bool {
    const TAKEN_BY_INPUT_METHOD: u32 = 229;
    event.is_composing() || event.key_code() == TAKEN_BY_INPUT_METHOD
}

/// Keeps a key from the field or button that has the focus.
fn keep_from_page(event: &ev::KeyboardEvent) {
    event.prevent_default();
    event.stop_immediate_propagation();
}

/// The text field that has the focus.
fn focused_field() -> Option<HtmlInputElement> {
    document().active_element()?.dyn_into().ok()
}

/// Takes a scan's characters out of a field again, with the event that a person's typing causes.
fn put_back(field: &HtmlInputElement, value: &str) {
    field.set_value(value);
    if let Ok(event) = Event::new("input") {
        let field: &HtmlElement = field;
        _ = field.dispatch_event(&event);
    }
}
