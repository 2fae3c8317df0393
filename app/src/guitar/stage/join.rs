//! How a phone joins: the QR code, the six characters, and how long they are good for.

use super::pairing::Pairings;
use crate::{guitar::performance::Performance, ui::error_words};
use leptos::prelude::*;
use protocol::{account::Role, guitar::Presence, http::Pairing};
use texts::{format::exact, text, words};

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
        Some(left) => words!(guitar.code_good_for, time = exact(left)),
        None => words!(guitar.code_coming).to_owned(),
    });
    view! {
        <section
            class="card join"
            class:join-small=move || plays.get() && !loopback()
            aria-label=text!(guitar.join_label)
            data-link=move || pairing.with(|p| p.as_ref().map(|p| p.link.clone()))
        >
            <Show when=move || !loopback()>
                <div class="qr" class:qr-empty=move || pairing.with(Option::is_none)>
                    {move || pairing.with(|pairing| pairing.as_ref().map(qr))}
                </div>
            </Show>
            <div class="join-words">
                <h2 class="join-title">
                    {move || match plays.get() {
                        true => words!(guitar.join_another),
                        false => words!(guitar.join_title),
                    }}
                </h2>
                <Show when=move || !plays.get()>
                    <p class="join-text">
                        {text!(guitar.join_scan)} " " <strong>{address}</strong> " "
                        {text!(guitar.join_type)}
                    </p>
                </Show>
                <p class="join-code" data-code=move || code.get()>
                    {move || code.get()}
                </p>
                <Show when=move || !plays.get()>
                    <p class="join-note number">{text!(guitar.join_no_account)} " " {move || good.get()}</p>
                </Show>
            </div>
            <Show when=loopback>
                <p class="join-warning tone-warn">
                    {text!(guitar.loopback)}
                </p>
            </Show>
            {move || {
                pairings
                    .failure
                    .get()
                    .map(|error| {
                        view! {
                            <p class="join-warning tone-warn" role="status">
                                {move || error_words(&error)} " " {text!(guitar.until_then)}
                            </p>
                        }
                    })
            }}
        </section>
    }
}

/// The QR code with the quiet border that scanners need.
fn qr(pairing: &Pairing) -> impl IntoView + use<> {
    let side = pairing.qr_size + 8;
    view! {
        <svg
            viewBox=format!("-4 -4 {side} {side}")
            role="img"
            aria-label=text!(guitar.qr)
            shape-rendering="crispEdges"
        >
            <path d=pairing.qr_path.clone()></path>
        </svg>
    }
}
