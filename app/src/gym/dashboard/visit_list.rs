//! The newest visits.

use crate::{
    gym::{live::LiveGym, words},
    ui::{Badge, Empty, Tone},
};
use leptos::prelude::*;
use protocol::gym::Visit;

/// The newest visits, open and ended.
#[component]
pub fn VisitList(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let has_visits = move || live.roster.with(|roster| !roster.visits().is_empty());
    let nothing = || {
        view! {
            <Empty title=words::no_visits text=words::no_visits_note>
                <a class="button" href="/gym/desk">
                    {words::open_desk}
                </a>
            </Empty>
        }
    };
    view! {
        <section class="card list" aria-labelledby="visits-title">
            <header class="card-head">
                <h2 id="visits-title">{words::visits_title}</h2>
            </header>
            <Show when=has_visits fallback=nothing>
                <div class="scroll scroll-tall" tabindex="0" role="group" aria-labelledby="visits-title">
                    <VisitTable live/>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn VisitTable(live: LiveGym) -> impl IntoView {
    view! {
        <table class="table" data-test="visits">
            <thead>
                <tr>
                    <th scope="col">{words::member}</th>
                    <th scope="col" class="wide-only">
                        {words::desk}
                    </th>
                    <th scope="col">{words::time_in}</th>
                    <th scope="col">{words::time_out}</th>
                    <th scope="col" class="row-end">
                        {words::stay_title}
                    </th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || live.roster.with(|roster| roster.visits().to_vec())
                    key=|visit| (visit.id, visit.check_out_time)
                    children=move |visit| view! { <VisitRow live visit/> }
                />
            </tbody>
        </table>
    }
}

#[component]
fn VisitRow(live: LiveGym, visit: Visit) -> impl IntoView {
    let (began, ended) = (visit.check_in_time, visit.check_out_time);
    let by_gym = visit.closed_automatically;
    let badge = match ended {
        None => view! { <Badge tone=Tone::Good text=words::is_in/> }.into_any(),
        Some(left) => {
            let text = move || words::visit_stay(left - began, by_gym);
            view! { <Badge text/> }.into_any()
        }
    };
    view! {
        <tr class="row">
            <td>
                {visit.member.full_name} " "
                <span class="muted number">{visit.member.number}</span>
            </td>
            <td class="muted wide-only">{visit.location}</td>
            <td class="number">{move || words::clock(began, live.utc_offset())}</td>
            <td class="number">{move || words::clock_or_dash(ended, live.utc_offset())}</td>
            <td class="row-end">{badge}</td>
        </tr>
    }
}
