//! The desk's right column: how full it is, and what happened just now at any desk.

use super::entries::{Desk, Recent};
use crate::{
    gym::live::{LiveGym, Meter},
    ui::{Badge, Empty},
};
use leptos::prelude::*;
use logic::text;

/// Currently in, of how many places.
#[component]
pub fn Occupancy(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let roster = live.roster;
    let inside = Memo::new(move |_| roster.with(|roster| roster.stats().currently_in));
    let capacity = Memo::new(move |_| roster.with(|roster| roster.clock().capacity));
    let percent = Memo::new(move |_| roster.with(|roster| roster.percent_full().unwrap_or(0)));
    view! {
        <section class="card occupancy">
            <h2>"Currently in"</h2>
            <p class="occupancy-number">
                <span data-figure="currently-in">{move || text::grouped(inside.get())}</span>
                {move || {
                    (capacity.get() > 0)
                        .then(|| view! { <span class="occupancy-of">{format!("/ {}", capacity.get())}</span> })
                }}
            </p>
            {move || (capacity.get() > 0).then(|| view! { <Meter percent/> })}
            {move || {
                (percent.get() >= 90)
                    .then(|| view! { <p class="occupancy-warn">{format!("{} % of capacity", percent.get())}</p> })
            }}
        </section>
    }
}

/// This desk's entries and other desks' events in one list. One's own can be shown again.
#[component]
pub fn JustNow(
    /// The gym on this page.
    live: LiveGym,
    /// This desk.
    desk: Desk,
) -> impl IntoView {
    let recent = Memo::new(move |_| desk.recent(live));
    let row = move |line: Recent| {
        let time = text::clock(
            line.at,
            live.roster.with_untracked(|roster| roster.clock().utc_offset_minutes),
        );
        let name = match line.entry {
            None => view! { <span class="recent-name">{line.name}</span> }.into_any(),
            Some(entry) => view! {
                <button
                    type="button"
                    class="recent-name recent-own"
                    title="Show this answer again"
                    on:click=move |_| desk.choose(entry)
                >
                    {line.name}
                </button>
            }
            .into_any(),
        };
        view! {
            <li class="recent" class:row-new=live.is_fresh(line.key)>
                <span class="number muted">{time}</span>
                {name}
                <Badge tone=line.tone text=line.badge/>
            </li>
        }
    };
    view! {
        <section class="card list" aria-labelledby="just-now-title">
            <header class="card-head">
                <h2 id="just-now-title">"Just now"</h2>
            </header>
            <Show
                when=move || recent.with(|recent| !recent.is_empty())
                fallback=|| {
                    view! {
                        <Empty
                            title="Nothing yet"
                            text="What happens here and at other desks appears in this list."
                        />
                    }
                }
            >
                <ol data-test="just-now">
                    <For
                        each=move || recent.get()
                        key=|line| (line.key, line.badge.clone(), line.name.clone())
                        children=row
                    />
                </ol>
            </Show>
        </section>
    }
}
