//! The state of the realtime link at a glance: text, shape and colour, never colour alone.

use crate::{
    link::use_link,
    ui::{LinkPanel, Tone, close_words, sign_in_address, use_address, use_tick},
};
use leptos::{ev, html, prelude::*};
use logic::{
    Monotonic,
    link::{Phase, Status},
    text,
};
use protocol::CloseCode;
use std::time::Duration;
use texts::{count_words, format, text, words};

/// How long a command may wait on a live connection before the queue is worth a word.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// The chip, the queue beside it, what a reconnect brought, and the panel behind all of it.
#[component]
pub(crate) fn LinkChip() -> impl IntoView {
    let link = use_link();
    let tick = use_tick(1_000);
    let live_status = link.status();
    // The first paint in the browser equals the server's; the real state follows at once.
    let status =
        Memo::new(move |_| if tick.get() == 0 { Status::default() } else { live_status.get() });
    let face = Memo::new(move |_| {
        tick.track();
        Face::of(&status.get(), link.monotonic_now())
    });
    let open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            _ = button.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            close();
        }
    };
    let waits = use_waiting(status.into());
    let address = use_address();
    let sign_in = move || sign_in_address(&address.path.get(), &address.search.get());
    view! {
        <div class="link" on:keydown=on_key>
            <span class="sr-only" role="status">
                {move || face.with(|face| face.calm.to_owned())}
            </span>
            <button
                type="button"
                node_ref=button
                class=move || face.with(|face| format!("chip {}", face.tone.class()))
                data-phase=move || face.with(|face| face.phase)
                aria-haspopup="dialog"
                aria-expanded=move || open.get().to_string()
                aria-label=move || face.with(|face| words!(shared.connection_is, state = face.text.clone()))
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <span class=move || face.with(|face| face.shape) aria-hidden="true"></span>
                <span class="chip-text">{move || face.with(|face| face.text.clone())}</span>
            </button>
            <Show when=move || waits.get()>
                <span class="chip tone-warn" data-queued="">
                    <span class="shape" aria-hidden="true"></span>
                    <span class="chip-text">
                        {move || words!(shared.queued, count = status.get().queued)}
                    </span>
                </span>
            </Show>
            <Show when=move || signed_out(&status.get())>
                <a class="button button-small" href=sign_in rel="external">
                    {text!(shared.sign_in_again)}
                </a>
            </Show>
            <span class="link-news" role="status">
                {move || {
                    news(&status.get()).map(|news| view! { <span class="badge">{news}</span> })
                }}
            </span>
            <Show when=move || open.get()>
                <div class="backdrop" on:click=move |_| close()></div>
                <LinkPanel close=Callback::new(move |()| close())/>
            </Show>
        </div>
    }
}

/// Whether only signing in again brings the connection back.
fn signed_out(status: &Status) -> bool {
    matches!(status.phase, Phase::Stopped(CloseCode::NotSignedIn | CloseCode::SignInRefused))
}

/// Whether the queue is worth a word: at once while the link is down, and after a moment while it
/// is up, so that each check-in does not make the chip flash.
fn use_waiting(status: Signal<Status>) -> Signal<bool> {
    let late = RwSignal::new(false);
    let waits = Memo::new(move |_| status.get().queued > 0);
    Effect::new(move |_| {
        late.set(false);
        if !waits.get() {
            return;
        }
        if let Ok(timer) = set_timeout_with_handle(move || late.set(true), PATIENCE) {
            on_cleanup(move || timer.clear());
        }
    });
    Signal::derive(move || waits.get() && (late.get() || status.get().phase != Phase::Live))
}

/// What a reconnect brought.
fn news(status: &Status) -> Option<String> {
    if status.reloaded {
        return Some(words!(shared.data_reloaded).to_owned());
    }
    let events = status.caught_up?;
    Some(count_words!(shared.caught_up, events))
}

/// What the chip shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Face {
    tone: Tone,
    shape: &'static str,
    text: String,
    /// The same without figures, for screen readers: it changes with the state only.
    calm: &'static str,
    /// For tests.
    phase: &'static str,
}

impl Face {
    fn of(status: &Status, now: Monotonic) -> Self {
        let wait = |retry_at: Option<Monotonic>| {
            retry_at.filter(|at| *at > now).map(|at| text::seconds_left(at - now))
        };
        match status.phase {
            Phase::Idle | Phase::Connecting => Self {
                tone: Tone::Plain,
                shape: "shape shape-ring",
                text: words!(shared.connecting).to_owned(),
                calm: words!(shared.connecting),
                phase: "connecting",
            },
            Phase::Live => Self {
                tone: Tone::Plain,
                shape: "shape shape-live",
                text: match status.rtt_ms {
                    Some(rtt) => words!(shared.live_rtt, ms = rtt),
                    None => words!(shared.live).to_owned(),
                },
                calm: words!(shared.live),
                phase: "live",
            },
            Phase::Quiet { since } => Self {
                tone: Tone::Warn,
                shape: "shape",
                text: words!(shared.no_answer_for, time = format::duration(now - since)),
                calm: words!(shared.no_answer),
                phase: "quiet",
            },
            Phase::Reconnecting { attempt, retry_at, .. } => Self {
                tone: Tone::Warn,
                shape: "shape",
                text: match wait(retry_at) {
                    Some(seconds) => {
                        words!(shared.reconnecting_in, attempt = attempt, seconds = seconds)
                    }
                    None => words!(shared.reconnecting_try, attempt = attempt),
                },
                calm: words!(shared.reconnecting),
                phase: "reconnecting",
            },
            Phase::Offline { since, retry_at, .. } => Self {
                tone: Tone::Bad,
                shape: "shape shape-square",
                text: match wait(retry_at) {
                    Some(seconds) => words!(shared.offline_next, seconds = seconds),
                    None => words!(shared.offline_for, time = format::duration(now - since)),
                },
                calm: words!(shared.offline),
                phase: "offline",
            },
            Phase::Stopped(code) => Self {
                tone: Tone::Bad,
                shape: "shape shape-square",
                text: stopped(code).to_owned(),
                calm: stopped(code),
                phase: "stopped",
            },
        }
    }
}

fn stopped(code: CloseCode) -> &'static str {
    match code {
        CloseCode::NotSignedIn | CloseCode::SignInRefused => words!(shared.signed_out),
        other => close_words(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Monotonic {
        Monotonic::from_ms(ms)
    }

    fn text_at(phase: Phase, rtt_ms: Option<u32>, now: i64) -> (String, Tone) {
        let face = Face::of(&Status { phase, rtt_ms, ..Status::default() }, at(now));
        (face.text, face.tone)
    }

    #[test]
    fn the_chip_says_how_the_link_is_and_when_it_tries_again() {
        let said = |phase, now| text_at(phase, None, now);
        let is = |text: &str, tone| (text.to_owned(), tone);
        assert_eq!(text_at(Phase::Live, Some(12), 0), is("Live · 12 ms", Tone::Plain));
        assert_eq!(
            said(Phase::Quiet { since: at(1_000) }, 7_200),
            is("No answer for 6 s", Tone::Warn)
        );
        let lost = |retry_at| Phase::Reconnecting { since: at(0), attempt: 3, retry_at };
        assert_eq!(
            said(lost(Some(at(9_100))), 5_100),
            is("Reconnecting · try 3 in 4 s", Tone::Warn)
        );
        assert_eq!(said(lost(Some(at(5_000))), 5_100), is("Reconnecting · try 3", Tone::Warn));
        let off = |retry_at| Phase::Offline { since: at(0), attempt: 9, retry_at };
        assert_eq!(said(off(Some(at(24_000))), 20_500), is("Offline · next try in 4 s", Tone::Bad));
        assert_eq!(said(off(None), 120_000), is("Offline for 2 min", Tone::Bad));
        let stopped = Phase::Stopped(CloseCode::SignInRefused);
        assert_eq!(said(stopped, 0), is("Signed out", Tone::Bad));
    }

    #[test]
    fn a_reconnect_tells_what_it_brought() {
        let caught_up = Status { caught_up: Some(12), ..Status::default() };
        assert_eq!(news(&caught_up).as_deref(), Some("caught up · 12 events"));
        let reloaded = Status { reloaded: true, caught_up: Some(0), ..Status::default() };
        assert_eq!(news(&reloaded).as_deref(), Some("data reloaded"));
        assert_eq!(news(&Status::default()), None);
    }
}
