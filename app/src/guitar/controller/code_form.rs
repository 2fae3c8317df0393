//! The six characters that the PC shows.

use super::join_request::{DEVICE, FormReason, by_link};
use crate::{
    backend::{CallFailure, join},
    link::{LinkHandle, use_link},
    ui::{Brand, LanguageSwitch, use_ready, use_tick},
};
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use logic::{
    Monotonic,
    pairing::{CODE_LENGTH, Typed, read},
    text::seconds_left,
};
use protocol::{
    ErrorBody, ErrorCode,
    http::{JoinRequest, Joined},
};
use texts::{text, words};

/// The wait after a refusal that names none, in milliseconds.
const DEFAULT_WAIT_MS: u64 = 10_000;

/// Asks for the code and joins as soon as it is whole.
#[component]
pub(super) fn CodeForm(
    /// Why the form is shown, if there is a reason.
    reason: Option<FormReason>,
    /// Where to go with the session.
    enter: Callback<Joined>,
) -> impl IntoView {
    let entry = CodeEntry::new(reason, enter);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        entry.send();
    };
    view! {
        <main class="code-page">
            <a class="code-home" href="/" rel="external">
                <Brand product="VirtuTune"/>
                <span class="sr-only">" " {text!(shared.start_page)}</span>
            </a>
            <form class="code-form" on:submit=send novalidate>
                <h1 class="play-title">{text!(guitar.type_code)}</h1>
                <p class="code-text" id="code-help">
                    {text!(guitar.code_help)}
                </p>
                <CodeField entry/>
                <p class="code-hint" role="status">
                    {move || entry.misread.get().then(|| words!(guitar.code_misread))}
                </p>
                <p class="code-error" id="code-error" role="alert">
                    {move || entry.reason.with(|reason| reason.as_ref().map(FormReason::words))}
                </p>
                <JoinButton entry/>
            </form>
            <LanguageSwitch/>
        </main>
    }
}

#[component]
fn CodeField(entry: CodeEntry) -> impl IntoView {
    view! {
        <label class="sr-only" for="code">
            {text!(guitar.code_label)}
        </label>
        <input
            id="code"
            class="code-field"
            node_ref=entry.field
            type="text"
            inputmode="text"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            enterkeyhint="go"
            placeholder="······"
            aria-describedby="code-help code-error"
            aria-invalid=move || entry.reason.with(Option::is_some).to_string()
            prop:value=move || entry.code.get()
            on:input=move |event| entry.read(&event_target_value(&event))
        />
    }
}

#[component]
fn JoinButton(entry: CodeEntry) -> impl IntoView {
    let ready = use_ready();
    let label = move || match (entry.joining.get(), entry.closed.get()) {
        (true, _) => words!(guitar.joining).to_owned(),
        (_, Some(seconds)) => words!(guitar.try_again_in, seconds = seconds),
        _ => words!(guitar.join).to_owned(),
    };
    let unable = move || {
        let busy = entry.joining.get() || entry.closed.get().is_some();
        !ready.get() || busy || !entry.code.with(|code| is_whole(code))
    };
    view! {
        <button type="submit" class="button button-primary button-large" disabled=unable>
            {label}
        </button>
    }
}

/// What is typed and what came of it; a copyable handle.
#[derive(Clone, Copy)]
struct CodeEntry {
    link: StoredValue<LinkHandle>,
    field: NodeRef<html::Input>,
    code: RwSignal<String>,
    /// A character was typed that no code has.
    misread: RwSignal<bool>,
    reason: RwSignal<Option<FormReason>>,
    joining: RwSignal<bool>,
    /// Until when the server refuses codes.
    closed_until: RwSignal<Option<Monotonic>>,
    /// The same in whole seconds from now.
    closed: Memo<Option<i64>>,
    enter: Callback<Joined>,
}

impl CodeEntry {
    fn new(reason: Option<FormReason>, enter: Callback<Joined>) -> Self {
        let link = StoredValue::new(use_link());
        let tick = use_tick(500);
        let closed_until = RwSignal::new(None::<Monotonic>);
        let closed = Memo::new(move |_| {
            tick.track();
            let left = closed_until.get()? - link.with_value(LinkHandle::monotonic_now);
            (left > 0).then(|| seconds_left(left))
        });
        Self {
            link,
            field: NodeRef::new(),
            code: RwSignal::new(String::new()),
            misread: RwSignal::new(false),
            reason: RwSignal::new(reason),
            joining: RwSignal::new(false),
            closed_until,
            closed,
            enter,
        }
    }

    /// Takes what the field holds: a pasted link, or letters of the code.
    fn read(self, typed: &str) {
        match read(typed) {
            Typed::Link { session, secret } => self.submit(by_link(session, secret)),
            Typed::Code { code: letters, misread } => {
                self.misread.set(misread);
                let complete = is_whole(&letters) && letters != self.code.get_untracked();
                self.code.set(letters.clone());
                // The field may hold what no code has; it shows what was understood.
                if let Some(field) = self.field.get_untracked() {
                    field.set_value(&letters);
                }
                if complete {
                    self.submit(by_code(letters));
                }
            }
        }
    }

    fn send(self) {
        let code = self.code.get_untracked();
        if is_whole(&code) {
            self.submit(by_code(code));
        }
    }

    fn submit(self, request: JoinRequest) {
        if self.joining.get_untracked() || self.closed.get_untracked().is_some() {
            return;
        }
        self.joining.set(true);
        self.reason.set(None);
        spawn_local(async move {
            let answer = join(request).await;
            self.joining.try_set(false);
            match answer {
                Ok(joined) => drop(self.enter.try_run(joined)),
                Err(CallFailure(error)) => self.refused(error),
            }
        });
    }

    fn refused(self, error: ErrorBody) {
        if error.code == ErrorCode::RateLimited {
            let wait = error.retry_after_ms.unwrap_or(DEFAULT_WAIT_MS) as i64;
            let now = self.link.try_with_value(LinkHandle::monotonic_now).unwrap_or_default();
            self.closed_until.try_set(Some(now + wait));
        }
        self.reason.try_set(Some(FormReason::Refused(error)));
        if let Some(field) = self.field.try_get_untracked().flatten() {
            // Without focus the person taps the field.
            let _ = field.focus();
            field.select();
        }
    }
}

fn is_whole(code: &str) -> bool {
    code.len() >= CODE_LENGTH
}

fn by_code(code: String) -> JoinRequest {
    JoinRequest { code: Some(code), device: Some(DEVICE.to_owned()), ..JoinRequest::default() }
}
