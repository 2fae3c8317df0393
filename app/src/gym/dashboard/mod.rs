//! The live dashboard: four figures, the day by hour, activity and visits.

pub mod hours_chart;

use self::hours_chart::HoursChart;
use super::{
    gate::Gate,
    live::{LiveGym, Meter, StaleNote, use_live_gym},
    page_head::PageHead,
    words::{self, Line},
};
use crate::{
    backend::gym,
    link::use_link,
    ui::{Badge, Empty, ErrorCard, Guarded, Loading, Tone, use_tick},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use logic::text;
use protocol::{
    account::Permission,
    gym::{Activity, GymSnapshot, Visit},
    http::AtPosition,
};

/// `/gym`
#[component]
pub fn Dashboard() -> impl IntoView {
    let gate = Gate::of(Permission::SeeGym);
    let start = Resource::new(|| (), |()| gym());
    let page = move || {
        let gate = gate.clone();
        Suspend::new(async move {
            if let Err(instead) = gate.pass().await {
                return instead;
            }
            match start.await {
                Ok(start) => view! { <Board start/> }.into_any(),
                Err(failure) => view! {
                    <PageHead title="Today"/>
                    <div class="page-body">
                        <ErrorCard
                            title="The gym's figures could not be shown"
                            failure
                            retry=Callback::new(move |()| start.refetch())
                        />
                    </div>
                }
                .into_any(),
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Loading rows=8/> }>{page}</Suspense> }
}

#[component]
fn Board(start: AtPosition<GymSnapshot>) -> impl IntoView {
    let live = use_live_gym(start);
    let today = Signal::derive(move || {
        live.roster.with(|roster| {
            let clock = roster.clock();
            text::weekday_date(clock.day_start, clock.utc_offset_minutes)
        })
    });
    view! {
        <PageHead title="Today" note=today live=true/>
        <div class="page-body">
            <StaleNote live/>
            <Guarded what="The figures">
                <Figures live/>
            </Guarded>
            <Guarded what="The day by hour">
                <HoursChart live/>
            </Guarded>
            <Guarded what="The activity">
                <ActivityStream live/>
            </Guarded>
            <Guarded what="The list of visits">
                <Visits live/>
            </Guarded>
        </div>
    }
}

/// The four number cards.
#[component]
fn Figures(live: LiveGym) -> impl IntoView {
    let roster = live.roster;
    let stats = Memo::new(move |_| roster.with(|roster| *roster.stats()));
    let percent = Memo::new(move |_| roster.with(|roster| roster.percent_full()));
    let places = move || match roster.with(|roster| roster.clock().capacity) {
        0 => "no limit set".to_owned(),
        capacity => format!("of {}", text::plural(capacity, "place", "places")),
    };
    let crowded = move || {
        let word = match percent.get()? {
            100.. => "full",
            90.. => "nearly full",
            _ => return None,
        };
        let percent = percent.get()?;
        Some(view! { <Badge tone=Tone::Warn text=format!("{word} · {percent} %")/> })
    };
    let since = move || {
        let start = roster.with(|roster| roster.clock().day_start);
        format!("since {}", text::clock(start, live.utc_offset()))
    };
    let stay = move || stats.get().average_stay_minutes.map_or("–".to_owned(), text::stay);
    let finished = move || match stats.get().finished_visits {
        0 => "no finished visit yet".to_owned(),
        count => format!("over {}", text::plural(count, "finished visit", "finished visits")),
    };
    let last = Memo::new(move |_| roster.with(|roster| roster.visits().first().cloned()));
    let last_at = move || match last.get() {
        Some(visit) => text::clock(visit.check_in_time, live.utc_offset()),
        None => "–".to_owned(),
    };
    let last_who = move || match last.get() {
        Some(visit) => format!("{} · {}", visit.member.full_name, visit.location),
        None => "nobody yet".to_owned(),
    };
    let tick = use_tick(5_000);
    let link = use_link();
    let last_ago = move || {
        let visit = last.get().filter(|_| tick.get() > 0)?;
        Some(view! { <Badge text=text::ago(link.server_now() - visit.check_in_time)/> })
    };
    view! {
        <div class="figure-cards" data-test="figures">
            <section class="card figure" data-figure="currently-in">
                <h2>"Currently in"</h2>
                <span class="figure-badge">{crowded}</span>
                <p class="figure-number">{move || text::grouped(stats.get().currently_in)}</p>
                <p class="figure-note">{places}</p>
                {move || {
                    percent
                        .get()
                        .is_some()
                        .then(|| view! { <Meter percent=Signal::derive(move || percent.get().unwrap_or(0))/> })
                }}
            </section>
            <section class="card figure" data-figure="today">
                <h2>"Checked in today"</h2>
                <p class="figure-number">{move || text::grouped(stats.get().today_total)}</p>
                <p class="figure-note">{since}</p>
            </section>
            <section class="card figure" data-figure="average-stay">
                <h2>"Average stay"</h2>
                <p class="figure-number">{stay}</p>
                <p class="figure-note">{finished}</p>
            </section>
            <section class="card figure" data-figure="last">
                <h2>"Last check-in"</h2>
                <span class="figure-badge">{last_ago}</span>
                <p class="figure-number">{last_at}</p>
                <p class="figure-note">{last_who}</p>
            </section>
        </div>
    }
}

/// What the stream shows, as `?show=` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    CheckIns,
    Refused,
}

impl Filter {
    const CHOICES: [(Self, &'static str, &'static str); 3] = [
        (Self::All, "All", "/gym"),
        (Self::CheckIns, "Check-ins", "/gym?show=in"),
        (Self::Refused, "Refused", "/gym?show=refused"),
    ];

    fn parse(value: Option<&str>) -> Self {
        match value {
            Some("in") => Self::CheckIns,
            Some("refused") => Self::Refused,
            _ => Self::All,
        }
    }

    fn has(self, activity: &Activity) -> bool {
        match self {
            Self::All => true,
            Self::CheckIns => matches!(activity, Activity::CheckedIn { .. }),
            Self::Refused => matches!(activity, Activity::Refused(_)),
        }
    }
}

#[component]
fn ActivityStream(live: LiveGym) -> impl IntoView {
    let query = use_query_map();
    let show = Memo::new(move |_| query.with(|query| Filter::parse(query.get_str("show"))));
    let lines = Memo::new(move |_| {
        live.roster.with(|roster| {
            let utc_offset = roster.clock().utc_offset_minutes;
            let shown = roster.activity().iter().filter(|activity| show.get().has(activity));
            shown.map(|activity| Line::of(activity, utc_offset)).collect::<Vec<_>>()
        })
    });
    let choice = move |(choice, name, href): (Filter, &'static str, &'static str)| {
        view! {
            <a
                class="choice"
                href=href
                data-noscroll=""
                aria-current=move || (show.get() == choice).then_some("true")
            >
                {name}
            </a>
        }
    };
    let row = move |line: Line| {
        let time = text::clock_seconds(
            line.at,
            live.roster.with_untracked(|r| r.clock().utc_offset_minutes),
        );
        view! {
            <tr class="row" class:row-new=live.is_fresh(line.key)>
                <td class="number muted">{time}</td>
                <td class="row-strong">{line.event}</td>
                <td>{line.name} " " <span class="muted number">{line.number}</span></td>
                <td class="muted wide-only">{line.detail}</td>
                <td class="row-end"><Badge tone=line.tone text=line.badge/></td>
            </tr>
        }
    };
    let nothing = move || match show.get() {
        Filter::Refused => ("Nobody was refused", "A refusal at any desk appears here by itself."),
        _ => ("Nothing happened yet", "The first check-in appears here by itself."),
    };
    view! {
        <section class="card list" aria-labelledby="activity-title">
            <header class="card-head">
                <h2 id="activity-title">"Activity"</h2>
                <nav class="choices" aria-label="Show">
                    {Filter::CHOICES.map(choice).into_iter().collect_view()}
                </nav>
            </header>
            <Show
                when=move || lines.with(|lines| !lines.is_empty())
                fallback=move || {
                    let (title, text) = nothing();
                    view! { <Empty title text/> }
                }
            >
                <div class="scroll scroll-tall" tabindex="0" role="region" aria-labelledby="activity-title">
                    <table class="table" data-test="activity">
                        <thead>
                            <tr>
                                <th scope="col">"Time"</th>
                                <th scope="col">"Event"</th>
                                <th scope="col">"Member"</th>
                                <th scope="col" class="wide-only">"Detail"</th>
                                <th scope="col" class="row-end">"State"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || lines.get() key=|line| line.key children=row/>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Visits(live: LiveGym) -> impl IntoView {
    let roster = live.roster;
    let row = move |visit: Visit| {
        let utc_offset = roster.with_untracked(|roster| roster.clock().utc_offset_minutes);
        let (out, state) = match visit.check_out_time {
            None => ("–".to_owned(), view! { <Badge tone=Tone::Good text="in"/> }.into_any()),
            Some(left) => {
                let stay = words::stay(visit.check_in_time, left);
                let by = if visit.closed_automatically { " · closed by the gym" } else { "" };
                let badge = view! { <Badge text=format!("{stay}{by}")/> };
                (text::clock(left, utc_offset), badge.into_any())
            }
        };
        view! {
            <tr class="row">
                <td>
                    {visit.member.full_name} " "
                    <span class="muted number">{visit.member.number}</span>
                </td>
                <td class="muted wide-only">{visit.location}</td>
                <td class="number">{text::clock(visit.check_in_time, utc_offset)}</td>
                <td class="number">{out}</td>
                <td class="row-end">{state}</td>
            </tr>
        }
    };
    view! {
        <section class="card list" aria-labelledby="visits-title">
            <header class="card-head">
                <h2 id="visits-title">"Recent visits"</h2>
            </header>
            <Show
                when=move || roster.with(|roster| !roster.visits().is_empty())
                fallback=|| {
                    view! {
                        <Empty
                            title="No visits yet today"
                            text="The first check-in appears here by itself."
                        >
                            <a class="button" href="/gym/desk">"Open the desk"</a>
                        </Empty>
                    }
                }
            >
                <div class="scroll scroll-tall" tabindex="0" role="region" aria-labelledby="visits-title">
                    <table class="table" data-test="visits">
                        <thead>
                            <tr>
                                <th scope="col">"Member"</th>
                                <th scope="col" class="wide-only">"Desk"</th>
                                <th scope="col">"In"</th>
                                <th scope="col">"Out"</th>
                                <th scope="col" class="row-end">"Stay"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=move || roster.with(|roster| roster.visits().to_vec())
                                key=|visit| (visit.id, visit.check_out_time)
                                children=row
                            />
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}
