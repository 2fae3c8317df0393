//! The check-in desk: scan or type, one answer in one card.
//!
//! - [`card`], [`search`], [`just_now`]: its parts
//! - [`entries`]: what the desk did and what came of it
//! - [`missed`]: what other pages say of it
//! - [`scanner`]: tells a scanner's burst of keys from a person's typing

pub mod card;
pub mod entries;
pub mod just_now;
pub mod missed;
pub mod scanner;
pub mod search;

use self::{
    card::AnswerCard,
    entries::use_desk,
    just_now::{JustNow, Occupancy},
    scanner::{Key, Meaning, Scanner},
    search::MemberSearch,
};
use super::{
    gate::Gate,
    live::{StaleNote, use_live_gym},
    page_head::PageHead,
};
use crate::{
    backend::gym,
    link::use_link,
    ui::{Empty, ErrorCard, Guarded, Loading, use_ready},
};
use leptos::{
    ev, html,
    prelude::*,
    wasm_bindgen::{JsCast, prelude::Closure},
    web_sys::{Event, HtmlElement, HtmlInputElement},
};
use logic::link::Phase;
use protocol::{account::Permission, gym::GymSnapshot, http::AtPosition};
use send_wrapper::SendWrapper;

/// `/gym/desk`
#[component]
pub fn Desk() -> impl IntoView {
    let gate = Gate::of(Permission::UseDesk);
    let start = Resource::new(|| (), |()| gym());
    let page = move || {
        let gate = gate.clone();
        Suspend::new(async move {
            if let Err(instead) = gate.pass().await {
                return instead;
            }
            match start.await {
                Ok(start) => view! { <Counter start/> }.into_any(),
                Err(failure) => view! {
                    <PageHead title="Check-in desk"/>
                    <div class="page-body">
                        <ErrorCard
                            title="The desk could not be opened"
                            failure
                            retry=Callback::new(move |()| start.refetch())
                        />
                    </div>
                }
                .into_any(),
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Loading rows=6/> }>{page}</Suspense> }
}

#[component]
fn Counter(start: AtPosition<GymSnapshot>) -> impl IntoView {
    let link = use_link();
    let desk = use_desk();
    // The first paint equals the server's, which knows nothing of what was missed.
    Effect::new(move |_| desk.attend());
    on_cleanup(move || desk.leave());
    let live = use_live_gym(start);
    let input = NodeRef::<html::Input>::new();
    let status = link.status();
    let waiting = Memo::new(move |_| status.get().queued);
    Effect::new({
        let link = link.clone();
        move |_| {
            waiting.track();
            desk.adopt(&link);
        }
    });
    let is_live = Memo::new(move |_| status.get().phase == Phase::Live);
    Effect::new(move |_| {
        if !is_live.get() {
            desk.link_is_down();
        }
    });
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
        }
    });
    use_scanner(input, move |code| desk.check_in(&link, code, None, None));
    let shown = Memo::new(move |_| desk.shown());
    let ready = use_ready();
    let utc_offset = Signal::derive(move || live.utc_offset());
    let clock = move || live.roster.with_untracked(|roster| roster.clock().clone());
    view! {
        <PageHead title="Check-in desk" live=true/>
        <div class="page-body desk" data-ready=move || ready.get().then_some("true")>
            <div class="desk-main">
                <StaleNote live/>
                <MemberSearch desk input utc_offset/>
                <Guarded what="The answer">
                    <div class="desk-answer" aria-live="assertive">
                        {move || match shown.get() {
                            Some(entry) => {
                                view! { <AnswerCard entry desk clock=clock()/> }.into_any()
                            }
                            None => {
                                view! {
                                    <div class="card">
                                        <Empty
                                            title="Ready"
                                            text="Scan a card anywhere on this page, or type two letters of a name."
                                        />
                                    </div>
                                }
                                    .into_any()
                            }
                        }}
                    </div>
                </Guarded>
            </div>
            <div class="desk-side">
                <Guarded what="The figure">
                    <Occupancy live/>
                </Guarded>
                <Guarded what="The list">
                    <JustNow live desk/>
                </Guarded>
            </div>
        </div>
    }
}

/// Listens to the keys of the whole page. A scan goes to `on_scan` and leaves the focused field
/// as it was; a letter typed outside of any field goes into `input`.
fn use_scanner(input: NodeRef<html::Input>, on_scan: impl Fn(String) + Clone + 'static) {
    Effect::new(move |_| {
        let on_scan = on_scan.clone();
        let mut scanner = Scanner::default();
        let mut kept = None::<(HtmlInputElement, String)>;
        let on_key = move |event: ev::KeyboardEvent| {
            let key = key_of(&event);
            let typed = matches!(key, Key::Char(key) if key != ' ');
            if typed && focused_field().is_none() {
                // Before the character arrives, so that it lands in the input.
                if let Some(input) = input.get_untracked() {
                    _ = input.focus();
                }
            }
            match scanner.press(key, event.time_stamp()) {
                Meaning::Nothing => {}
                Meaning::MayBegin => {
                    kept = focused_field().map(|field| (field.clone(), field.value()))
                }
                Meaning::Scan(code) => {
                    event.prevent_default();
                    event.stop_immediate_propagation();
                    if let Some((field, value)) = kept.take() {
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

fn key_of(event: &ev::KeyboardEvent) -> Key {
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat() {
        return Key::Other;
    }
    let name = event.key();
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Key::Char(letter),
        _ if name == "Enter" => Key::Enter,
        _ if name == "Shift" || name == "CapsLock" => Key::Modifier,
        _ => Key::Other,
    }
}

/// The text field that has the focus.
fn focused_field() -> Option<HtmlInputElement> {
    document().active_element()?.dyn_into().ok()
}

/// Takes a scan's characters out of a field again, and tells whoever listens to it.
fn put_back(field: &HtmlInputElement, value: &str) {
    field.set_value(value);
    if let Ok(event) = Event::new("input") {
        let field: &HtmlElement = field;
        _ = field.dispatch_event(&event);
    }
}
