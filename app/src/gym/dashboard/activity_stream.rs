//! The activity stream with its filter.

use crate::{
    gym::{
        activity::{ActivityFilter, ActivityLine},
        live::LiveGym,
        sentences,
    },
    ui::{Badge, Empty},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use texts::{format, text};

/// The newest activity, filtered by the address.
#[component]
pub(crate) fn ActivityStream(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let query = use_query_map();
    let filter =
        Memo::new(move |_| query.with(|query| ActivityFilter::parse(query.get_str("show"))));
    let lines = Memo::new(move |_| {
        live.roster.with(|roster| {
            let shown = roster.activity().iter().filter(|activity| filter.get().shows(activity));
            shown.map(ActivityLine::of).collect::<Vec<_>>()
        })
    });
    let nothing = move || {
        let filter = filter.get();
        view! {
            <Empty
                title=move || sentences::no_activity(filter)
                text=move || sentences::no_activity_note(filter)
            />
        }
    };
    view! {
        <section class="card list" aria-labelledby="activity-title">
            <header class="card-head">
                <h2 id="activity-title">{text!(gym.activity_title)}</h2>
                <FilterChoices filter/>
            </header>
            <Show when=move || lines.with(|lines| !lines.is_empty()) fallback=nothing>
                <div class="scroll scroll-tall" tabindex="0" role="group" aria-labelledby="activity-title">
                    <ActivityTable live lines/>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn FilterChoices(filter: Memo<ActivityFilter>) -> impl IntoView {
    let choice = move |choice: ActivityFilter| {
        view! {
            <a
                class="choice"
                href=choice.address()
                data-noscroll=""
                aria-current=move || (filter.get() == choice).then_some("true")
            >
                {move || sentences::activity_filter(choice)}
            </a>
        }
    };
    view! {
        <nav class="choices" aria-label=text!(gym.show)>
            {ActivityFilter::ALL.map(choice).into_iter().collect_view()}
        </nav>
    }
}

#[component]
fn ActivityTable(live: LiveGym, lines: Memo<Vec<ActivityLine>>) -> impl IntoView {
    view! {
        <table class="table" data-test="activity">
            <thead>
                <tr>
                    <th scope="col">{text!(gym.time)}</th>
                    <th scope="col">{text!(gym.event)}</th>
                    <th scope="col">{text!(gym.member)}</th>
                    <th scope="col" class="wide-only">
                        {text!(gym.detail)}
                    </th>
                    <th scope="col" class="row-end">
                        {text!(gym.state)}
                    </th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || lines.get()
                    key=|line| line.key
                    children=move |line| view! { <ActivityRow live line/> }
                />
            </tbody>
        </table>
    }
}

#[component]
fn ActivityRow(live: LiveGym, line: ActivityLine) -> impl IntoView {
    let (at, kind, badge) = (line.at, line.kind, line.badge);
    let (name, number) = (line.member.full_name.clone(), line.member.number.clone());
    let is_fresh = live.is_fresh(line.key);
    let detail = move || sentences::activity_detail(&line, live.utc_offset());
    view! {
        <tr class="row" class:row-new=is_fresh>
            <td class="number muted">{move || format::clock_seconds(at, live.utc_offset())}</td>
            <td class="row-strong">{move || sentences::activity(kind)}</td>
            <td>{name} " " <span class="muted number">{number}</span></td>
            <td class="muted wide-only">{detail}</td>
            <td class="row-end">
                <Badge tone=badge.tone() text=move || sentences::line_badge(badge)/>
            </td>
        </tr>
    }
}
