//! The newest visits.

use crate::{
    gym::{live::LiveGym, sentences},
    ui::{Badge, Empty, Tone},
};
use leptos::prelude::*;
use protocol::gym::Visit;
use texts::{format, text};

/// The newest visits, open and ended.
#[component]
pub(crate) fn VisitList(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let has_visits = move || live.roster.with(|roster| !roster.visits().is_empty());
    let nothing = || {
        view! {
            <Empty title=text!(gym.no_visits) text=text!(gym.no_activity_note)>
                <a class="button" href="/gym/desk">
                    {text!(gym.open_desk)}
                </a>
            </Empty>
        }
    };
    view! {
        <section class="card list" aria-labelledby="visits-title">
            <header class="card-head">
                <h2 id="visits-title">{text!(gym.visits_title)}</h2>
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
                    <th scope="col">{text!(gym.member)}</th>
                    <th scope="col" class="wide-only">
                        {text!(gym.desk)}
                    </th>
                    <th scope="col">{text!(gym.time_in)}</th>
                    <th scope="col">{text!(gym.time_out)}</th>
                    <th scope="col" class="row-end">
                        {text!(gym.stay)}
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
        None => view! { <Badge tone=Tone::Good text=text!(gym.visit_open)/> }.into_any(),
        Some(left) => {
            let text = move || sentences::visit_stay(left - began, by_gym);
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
            <td class="number">{move || format::clock(began, live.utc_offset())}</td>
            <td class="number">{move || sentences::clock_or_dash(ended, live.utc_offset())}</td>
            <td class="row-end">{badge}</td>
        </tr>
    }
}
