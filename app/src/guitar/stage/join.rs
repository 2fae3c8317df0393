//! How a phone joins: the QR code, the six characters, and how long they are good for.

use super::pairing::Pairings;
use crate::guitar::performance::Performance;
use leptos::prelude::*;
use protocol::{Millis, account::Role, guitar::Presence, http::Pairing};

/// Large until a phone plays, then small.
#[component]
pub(super) fn JoinCard(performance: Performance, pairings: Pairings) -> impl IntoView {
    let state = performance.state;
    let plays = Memo::new(move |_| {
        state.with(|state| {
            state
                .participants
                .iter()
                .any(|p| p.role == Role::Performer && p.status != Presence::Disconnected)
        })
    });
    let pairing = pairings.pairing;
    let code = Memo::new(move |_| {
        pairing.with(|p| p.as_ref().map_or("······".to_owned(), |p| p.code.clone()))
    });
    let address = move || pairing.with(|p| p.as_ref().map(|p| p.address.clone()));
    let loopback = move || pairing.with(|p| p.as_ref().is_some_and(|p| p.loopback_only));
    let good = Memo::new(move |_| match pairings.left.get() {
        Some(left) => format!("The code is good for {} and renews itself.", words(left)),
        None => "The code is on its way.".to_owned(),
    });
    view! {
        <section
            class="card join"
            class:join-small=move || plays.get() && !loopback()
            aria-label="Join with a phone"
            data-link=move || pairing.with(|p| p.as_ref().map(|p| p.link.clone()))
        >
            <Show when=move || !loopback()>
                <div class="qr" class:qr-empty=move || pairing.with(Option::is_none)>
                    {move || pairing.with(|pairing| pairing.as_ref().map(qr))}
                </div>
            </Show>
            <div class="join-words">
                <h2 class="join-title">
                    {move || if plays.get() { "Another phone?" } else { "Your phone is the left hand" }}
                </h2>
                <Show when=move || !plays.get()>
                    <p class="join-text">
                        "Scan the code, or open " <strong>{address}</strong>
                        " on the phone and type"
                    </p>
                </Show>
                <p class="join-code" data-code=move || code.get()>
                    {move || code.get()}
                </p>
                <Show when=move || !plays.get()>
                    <p class="join-note number">"No account needed. " {move || good.get()}</p>
                </Show>
            </div>
            <Show when=loopback>
                <p class="join-warning tone-warn">
                    "No phone can reach this address: the server listens on this computer only. "
                    "Set " <code>"site-addr"</code> " in Leptos.toml to "
                    <code>"0.0.0.0:3000"</code> " and start it again."
                </p>
            </Show>
            {move || {
                pairings
                    .failure
                    .get()
                    .map(|error| {
                        view! {
                            <p class="join-warning tone-warn" role="status">
                                {error.message} " Until then you can play here alone."
                            </p>
                        }
                    })
            }}
        </section>
    }
}

/// The QR code with the quiet border that scanners want.
fn qr(pairing: &Pairing) -> impl IntoView + use<> {
    let side = pairing.qr_size + 8;
    view! {
        <svg
            viewBox=format!("-4 -4 {side} {side}")
            role="img"
            aria-label="QR code that opens the controller on a phone"
            shape-rendering="crispEdges"
        >
            <path d=pairing.qr_path.clone()></path>
        </svg>
    }
}

/// `4 min 12 s`
fn words(left: Millis) -> String {
    crate::guitar::words::exact(left)
}
