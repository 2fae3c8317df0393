//! The desk's right column: how full the gym is, and what happened just now at any desk.

use super::{
    desk_state::DeskState,
    recent::{RecentKey, RecentLine},
};
use crate::{
    gym::{
        fullness::{FullnessBar, NEARLY_FULL_PERCENT},
        live::LiveGym,
        sentences,
    },
    ui::{Badge, Empty},
};
use leptos::prelude::*;
use texts::{format, text};

/// Currently in, of how many places.
#[component]
pub(crate) fn Occupancy(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let roster = live.roster;
    let inside = Memo::new(move |_| roster.with(|roster| roster.stats().currently_in));
    let capacity = Memo::new(move |_| roster.with(|roster| roster.clock().capacity));
    let percent = Memo::new(move |_| roster.with(|roster| roster.percent_full().unwrap_or(0)));
    let of_places = move || {
        let capacity = capacity.get();
        let text = move || sentences::of_places_short(capacity);
        (capacity > 0).then(|| view! { <span class="occupancy-of">{text}</span> })
    };
    let warning = move || {
        let percent = percent.get();
        let text = move || sentences::percent_of_capacity(percent);
        (percent >= NEARLY_FULL_PERCENT).then(|| view! { <p class="occupancy-warn">{text}</p> })
    };
    view! {
        <section class="card occupancy">
            <h2>{text!(gym.currently_in)}</h2>
            <p class="occupancy-number">
                <span data-figure="currently-in">{move || format::grouped(inside.get())}</span>
                {of_places}
            </p>
            {move || (capacity.get() > 0).then(|| view! { <FullnessBar percent/> })}
            {warning}
        </section>
    }
}

/// This desk's entries and other desks' events in one list. One's own can be shown again.
#[component]
pub(crate) fn JustNow(
    /// The gym on this page.
    live: LiveGym,
    /// This desk.
    desk: DeskState,
) -> impl IntoView {
    let recent = Memo::new(move |_| desk.recent_lines(live));
    view! {
        <section class="card list" aria-labelledby="just-now-title">
            <header class="card-head">
                <h2 id="just-now-title">{text!(gym.just_now_title)}</h2>
            </header>
            <Show
                when=move || recent.with(|recent| !recent.is_empty())
                fallback=|| {
                    view! { <Empty title=text!(gym.just_now_empty) text=text!(gym.just_now_empty_note)/> }
                }
            >
                <ol data-test="just-now">
                    <For
                        each=move || recent.get()
                        key=|line| (line.key, line.badge, line.title.clone())
                        children=move |line| view! { <RecentRow line live desk/> }
                    />
                </ol>
            </Show>
        </section>
    }
}

#[component]
fn RecentRow(line: RecentLine, live: LiveGym, desk: DeskState) -> impl IntoView {
    let RecentLine { key, at, title, badge } = line;
    let is_fresh = match key {
        RecentKey::Own(_) => false,
        RecentKey::Elsewhere(key) => live.is_fresh(key),
    };
    let title = move || sentences::entry_title(title.as_deref());
    let name = match key {
        RecentKey::Elsewhere(_) => view! { <span class="recent-name">{title}</span> }.into_any(),
        RecentKey::Own(entry) => view! {
            <button
                type="button"
                class="recent-name recent-own"
                title=text!(gym.show_again)
                on:click=move |_| desk.show_again(entry)
            >
                {title}
            </button>
        }
        .into_any(),
    };
    view! {
        <li class="recent" class:row-new=is_fresh>
            <span class="number muted">{move || format::clock(at, live.utc_offset())}</span>
            {name}
            <Badge tone=badge.word.tone() text=move || sentences::recent_badge(badge)/>
        </li>
    }
}
