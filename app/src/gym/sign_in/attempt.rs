//! Sending the form, and the wait after too many tries.

use crate::{
    backend::{CallFailure, sign_in},
    browser::{BrowserHandle, use_browser},
    link::{LinkHandle, use_link},
    ui::use_tick,
};
use leptos::{prelude::*, task::spawn_local};
use logic::{Monotonic, text};
use protocol::{ErrorBody, http::LoginRequest};

const TICK_MS: u64 = 1_000;

/// One try after the other.
#[derive(Clone, Copy)]
pub(crate) struct SignInAttempt {
    next: Memo<String>,
    browser: StoredValue<BrowserHandle>,
    link: StoredValue<LinkHandle>,
    /// When the next try is allowed.
    wait_until: RwSignal<Option<Monotonic>>,
    /// Seconds until the next try is allowed; `None` when it is.
    pub wait: Memo<Option<i64>>,
    /// Whether a try is on its way.
    pub is_pending: RwSignal<bool>,
    /// Why the last try failed.
    pub error: RwSignal<Option<ErrorBody>>,
}

impl SignInAttempt {
    /// No try yet; a successful one loads the page at `next`.
    pub(crate) fn new(next: Memo<String>) -> Self {
        let link = StoredValue::new(use_link());
        let tick = use_tick(TICK_MS);
        let wait_until = RwSignal::new(None::<Monotonic>);
        let wait = Memo::new(move |_| {
            tick.track();
            let left = wait_until.get()? - link.with_value(|link| link.monotonic_now());
            (left > 0).then(|| text::seconds_left(left))
        });
        Self {
            next,
            browser: StoredValue::new(use_browser()),
            link,
            wait_until,
            wait,
            is_pending: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    /// Whether the form cannot be sent now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_pending.get() || self.wait.get().is_some()
    }

    /// Whether the last error is about a field.
    pub(crate) fn is_about(&self, field: &str) -> bool {
        self.error
            .with(|error| error.as_ref().is_some_and(|error| error.field.as_deref() == Some(field)))
    }

    /// Tries to sign in, unless a field is empty or the form cannot be sent now.
    pub(crate) fn submit(self, email: String, password: String) {
        if untrack(|| self.is_blocked()) {
            return;
        }
        let empty = match (email.trim().is_empty(), password.is_empty()) {
            (true, _) => Some("email"),
            (false, true) => Some("password"),
            (false, false) => None,
        };
        if let Some(field) = empty {
            let error = ErrorBody::field(field, "");
            return self.error.set(Some(error));
        }
        self.is_pending.set(true);
        self.error.set(None);
        spawn_local(async move {
            match sign_in(LoginRequest { email, password }).await {
                Ok(_) => self.leave(),
                Err(CallFailure(error)) => self.show_error(error),
            }
        });
    }

    /// Loads the next page anew, so that cookies and the server's pages agree.
    fn leave(self) {
        self.browser.with_value(|browser| browser.with(|browser| browser.announce_sign_in()));
        _ = window().location().set_href(&self.next.get_untracked());
    }

    fn show_error(self, error: ErrorBody) {
        let now = self.link.with_value(|link| link.monotonic_now());
        self.wait_until.set(error.retry_after_ms.map(|wait| now + wait as i64));
        self.error.set(Some(error));
        self.is_pending.set(false);
    }
}
