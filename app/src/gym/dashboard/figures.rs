//! The four number cards.

use crate::{
    gym::{
        fullness::{FullnessBar, NEARLY_FULL_PERCENT},
        live::LiveGym,
        sentences,
    },
    link::use_link,
    ui::{Badge, Tone, use_tick},
};
use leptos::prelude::*;
use texts::{format, text};

const TICK_MS: u64 = 5_000;

/// The four number cards.
#[component]
pub(crate) fn FigureCards(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    view! {
        <div class="figure-cards" data-test="figures">
            <CurrentlyInCard live/>
            <TodayCard live/>
            <AverageStayCard live/>
            <LastCheckInCard live/>
        </div>
    }
}

/// One number with its title, a badge and a note.
#[component]
fn FigureCard(
    /// The value of `data-figure`.
    figure: &'static str,
    #[prop(into)] title: TextProp,
    #[prop(into)] number: TextProp,
    #[prop(into)] note: TextProp,
    /// A badge beside the title.
    #[prop(optional, into)]
    badge: ViewFnOnce,
    /// What stands below the note.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class="card figure" data-figure=figure>
            <h2>{move || title.get()}</h2>
            <span class="figure-badge">{badge.run()}</span>
            <p class="figure-number">{move || number.get()}</p>
            <p class="figure-note">{move || note.get()}</p>
            {children.map(|children| children())}
        </section>
    }
}

#[component]
fn CurrentlyInCard(live: LiveGym) -> impl IntoView {
    let roster = live.roster;
    let inside = Memo::new(move |_| roster.with(|roster| roster.stats().currently_in));
    let capacity = Memo::new(move |_| roster.with(|roster| roster.clock().capacity));
    let percent = Memo::new(move |_| roster.with(|roster| roster.percent_full()));
    let badge = move || {
        let percent = percent.get().filter(|percent| *percent >= NEARLY_FULL_PERCENT)?;
        Some(view! { <Badge tone=Tone::Warn text=move || sentences::crowded(percent)/> })
    };
    let bar = move || {
        let percent = Signal::derive(move || percent.get().unwrap_or(0));
        (capacity.get() > 0).then(|| view! { <FullnessBar percent/> })
    };
    view! {
        <FigureCard
            figure="currently-in"
            title=text!(gym.currently_in)
            number=move || format::grouped(inside.get())
            note=move || sentences::of_places(capacity.get())
            badge=move || badge
        >
            {bar}
        </FigureCard>
    }
}

#[component]
fn TodayCard(live: LiveGym) -> impl IntoView {
    let roster = live.roster;
    let total = Memo::new(move |_| roster.with(|roster| roster.stats().today_total));
    let day_start = Memo::new(move |_| roster.with(|roster| roster.clock().day_start));
    view! {
        <FigureCard
            figure="today"
            title=text!(gym.checked_in_today)
            number=move || format::grouped(total.get())
            note=move || sentences::since(day_start.get(), live.utc_offset())
        />
    }
}

#[component]
fn AverageStayCard(live: LiveGym) -> impl IntoView {
    let stats = Memo::new(move |_| live.roster.with(|roster| *roster.stats()));
    view! {
        <FigureCard
            figure="average-stay"
            title=text!(gym.average_stay)
            number=move || sentences::average_minutes(stats.get().average_stay_minutes)
            note=move || sentences::finished_visits(stats.get().finished_visits)
        />
    }
}

#[component]
fn LastCheckInCard(live: LiveGym) -> impl IntoView {
    let link = use_link();
    let tick = use_tick(TICK_MS);
    let last = Memo::new(move |_| live.roster.with(|roster| roster.visits().first().cloned()));
    let badge = move || {
        let visit = last.get().filter(|_| tick.get() > 0)?;
        let ago = link.server_now() - visit.check_in_time;
        Some(view! { <Badge text=move || format::ago(ago)/> })
    };
    let at = move || {
        last.with(|last| {
            let at = last.as_ref().map(|visit| visit.check_in_time);
            sentences::clock_or_dash(at, live.utc_offset())
        })
    };
    view! {
        <FigureCard
            figure="last"
            title=text!(gym.last_check_in)
            number=at
            note=move || last.with(|last| sentences::who_and_where(last.as_ref()))
            badge=move || badge
        />
    }
}
