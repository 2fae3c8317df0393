//! This browser's session and the code to join it, which renews itself.

use crate::{
    backend::{CallFailure, host, new_code},
    guitar::performance::Performance,
    link::use_link,
    ui::use_tick,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{ErrorBody, Millis, SeatId, SessionId, http::Pairing};
use std::time::Duration;

/// A code is renewed so long before it ends, in milliseconds.
const EARLY: Millis = 4_000;
/// The waits before asking again, in seconds; the last one repeats.
const WAITS: [u64; 5] = [1, 2, 4, 8, 15];

/// The session of this browser; a copyable handle.
#[derive(Clone, Copy)]
pub(super) struct Pairings {
    /// What the stage shows; `None` until the server answered.
    pub(super) pairing: RwSignal<Option<Pairing>>,
    /// Why there is none yet or no fresh one.
    pub(super) failure: RwSignal<Option<ErrorBody>>,
    /// How long the code is good for, in milliseconds.
    pub(super) left: Memo<Option<Millis>>,
    /// The server's clock minus this page's monotonic clock, from the last answer.
    offset: RwSignal<Millis>,
    asking: StoredValue<bool>,
    tries: StoredValue<usize>,
    /// A new session is asked for after the former one ended.
    renewing: StoredValue<bool>,
    link: StoredValue<crate::link::LinkHandle>,
}

impl Pairings {
    /// Asks for the session after hydration, and for a fresh code before the present one ends.
    pub(super) fn new() -> Self {
        let link = use_link();
        let tick = use_tick(500);
        let pairing = RwSignal::new(None::<Pairing>);
        let offset = RwSignal::new(0);
        let left = Memo::new({
            let link = link.clone();
            move |_| {
                tick.track();
                let ends = pairing.with(|pairing| pairing.as_ref().map(|p| p.code_expires_at))?;
                Some((ends - offset.get() - link.monotonic_now().as_ms()).max(0))
            }
        });
        let pairings = Self {
            pairing,
            failure: RwSignal::new(None),
            left,
            offset,
            asking: StoredValue::new(false),
            tries: StoredValue::new(0),
            renewing: StoredValue::new(false),
            link: StoredValue::new(link),
        };
        Effect::new(move |_| pairings.ask(Ask::Host));
        Effect::new(move |_| {
            // After a failure the next try has its time already.
            let tried = pairings.failure.with_untracked(Option::is_some);
            if left.get().is_some_and(|left| left < EARLY) && !tried {
                pairings.ask(Ask::Code);
            }
        });
        pairings
    }

    /// Asks again when a phone left the list: the host may have removed it, and then link and code
    /// are new.
    pub(super) fn follow_removals(self, performance: Performance) {
        let phones = Memo::new(move |_| {
            let state = performance.state;
            state.with(|state| state.participants.iter().map(|p| p.user_id).collect::<Vec<_>>())
        });
        Effect::new(move |before: Option<Vec<SeatId>>| {
            let phones = phones.get();
            if before.is_some_and(|before| before.iter().any(|phone| !phones.contains(phone))) {
                self.ask(Ask::Host);
            }
            phones
        });
    }

    /// The session.
    pub(super) fn session(self) -> Signal<Option<SessionId>> {
        let pairing = self.pairing;
        let session = Memo::new(move |_| pairing.with(|p| p.as_ref().map(|p| p.session_id)));
        session.into()
    }

    /// Opens a new session after this one ended.
    pub(super) fn renew_session(self) {
        self.pairing.set(None);
        self.renewing.set_value(true);
        self.ask(Ask::Host);
    }

    fn ask(self, what: Ask) {
        if self.asking.try_update_value(|asking| std::mem::replace(asking, true)) != Some(false) {
            return;
        }
        spawn_local(async move {
            let answer = match what {
                Ask::Host => host().await,
                Ask::Code => new_code().await,
            };
            self.asking.try_set_value(false);
            self.take(answer, what);
        });
    }

    fn take(self, answer: Result<Pairing, CallFailure>, what: Ask) {
        match answer {
            Ok(pairing) => {
                let now = self.link.try_with_value(crate::link::LinkHandle::monotonic_now);
                self.offset.try_set(pairing.server_time - now.unwrap_or_default().as_ms());
                // A link that was closed for good dials again, now with the new cookie.
                if self.renewing.try_update_value(std::mem::take) == Some(true) {
                    self.link.try_with_value(crate::link::LinkHandle::reconnect);
                }
                self.pairing.try_set(Some(pairing));
                self.failure.try_set(None);
                self.tries.try_set_value(0);
            }
            Err(CallFailure(error)) => {
                let tries = self.tries.try_update_value(|tries| {
                    *tries += 1;
                    *tries - 1
                });
                // Without the handle the page is gone.
                let Some(tries) = tries else { return };
                let wait = Duration::from_secs(WAITS[tries.min(WAITS.len() - 1)])
                    .max(Duration::from_millis(error.retry_after_ms.unwrap_or(0)));
                self.failure.try_set(Some(error));
                set_timeout(move || self.ask(what), wait);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Host,
    Code,
}
