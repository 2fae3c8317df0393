//! The six characters that the PC shows.

use super::join_request::{DEVICE, by_link, refusal};
use crate::{
    backend::{CallFailure, join},
    ui::{Brand, use_ready, use_tick},
};
use leptos::{html, prelude::*, task::spawn_local};
use logic::{
    pairing::{CODE_LENGTH, Typed, read},
    text::seconds_left,
};
use protocol::{
    ErrorCode,
    http::{JoinRequest, Joined},
};

/// Asks for the code and joins as soon as it is whole.
#[component]
pub(super) fn CodeForm(
    /// Why the form is shown, if there is more to say.
    sentence: Option<String>,
    /// Where to go with the session.
    enter: Callback<Joined>,
) -> impl IntoView {
    let link = crate::link::use_link();
    let ready = use_ready();
    let tick = use_tick(500);
    let code = RwSignal::new(String::new());
    let hint = RwSignal::new(false);
    let error = RwSignal::new(sentence);
    let joining = RwSignal::new(false);
    // Until when the server wants no more codes, on the page's clock.
    let closed_until = RwSignal::new(None::<i64>);
    let field = NodeRef::<html::Input>::new();

    let closed = {
        let link = link.clone();
        Memo::new(move |_| {
            tick.track();
            let left = closed_until.get()? - link.monotonic_now();
            (left > 0).then(|| seconds_left(left))
        })
    };
    let submit = Callback::new(move |request: JoinRequest| {
        if joining.get_untracked() || closed.get_untracked().is_some() {
            return;
        }
        joining.set(true);
        error.set(None);
        let link = link.clone();
        spawn_local(async move {
            let answer = join(request).await;
            joining.try_set(false);
            match answer {
                Ok(joined) => drop(enter.try_run(joined)),
                Err(CallFailure(refused)) => {
                    if refused.code == ErrorCode::RateLimited {
                        let wait = refused.retry_after_ms.unwrap_or(10_000) as i64;
                        closed_until.try_set(Some(link.monotonic_now() + wait));
                    }
                    error.try_set(Some(refusal(&refused)));
                    if let Some(field) = field.try_get_untracked().flatten() {
                        let _ = field.focus();
                        field.select();
                    }
                }
            }
        });
    });
    let by_code = move |code: String| JoinRequest {
        code: Some(code),
        device: Some(DEVICE.to_owned()),
        ..JoinRequest::default()
    };
    let typed = move |event| match read(&event_target_value(&event)) {
        Typed::Link { session, secret } => submit.run(by_link(session, secret)),
        Typed::Code { code: letters, misread } => {
            hint.set(misread);
            let complete = letters.len() == CODE_LENGTH && letters != code.get_untracked();
            code.set(letters.clone());
            // The field may hold what no code has; it shows what was understood.
            if let Some(field) = field.get_untracked() {
                field.set_value(&letters);
            }
            if complete {
                submit.run(by_code(letters));
            }
        }
    };
    let incomplete = move || code.with(|code| code.len() < CODE_LENGTH);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !incomplete() {
            submit.run(by_code(code.get_untracked()));
        }
    };
    let button = move || match (joining.get(), closed.get()) {
        (true, _) => "Joining …".to_owned(),
        (_, Some(seconds)) => format!("Try again in {seconds} s"),
        _ => "Join".to_owned(),
    };
    view! {
        <main class="code-page">
            <a class="code-home" href="/" rel="external">
                <Brand product="VirtuTune"/>
                <span class="sr-only">" start page"</span>
            </a>
            <form class="code-form" on:submit=send novalidate>
                <h1 class="play-title">"Type the code"</h1>
                <p class="code-text" id="code-help">
                    "The PC shows it under “Your phone is the left hand”. Scanning the picture there "
                    "is quicker still."
                </p>
                <label class="sr-only" for="code">
                    "Code of six letters and digits"
                </label>
                <input
                    id="code"
                    class="code-field"
                    node_ref=field
                    type="text"
                    inputmode="text"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    enterkeyhint="go"
                    placeholder="······"
                    aria-describedby="code-help code-error"
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    prop:value=move || code.get()
                    on:input=typed
                />
                <p class="code-hint" role="status">
                    {move || {
                        hint.get()
                            .then_some(
                                "No code holds 0, O, 1 or I. Look again: it may be Q or D, L or 7.",
                            )
                    }}
                </p>
                <p class="code-error" id="code-error" role="alert">
                    {move || error.get()}
                </p>
                <button
                    type="submit"
                    class="button button-primary button-large"
                    disabled=move || {
                        !ready.get() || joining.get() || closed.get().is_some() || incomplete()
                    }
                >
                    {button}
                </button>
            </form>
        </main>
    }
}
