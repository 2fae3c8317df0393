//! Check-ins by hour of the gym's day, drawn with SVG attributes only: a strict `style-src` blocks
//! inline styles.

use crate::gym::live::LiveGym;
use leptos::prelude::*;
use logic::text;

const HOUR_MS: i64 = 3_600_000;
const BAR_STEP: usize = 10;
const LABEL_EVERY: usize = 3;

/// The chart with its title.
#[component]
pub fn HoursChart(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let roster = live.roster;
    let hours = roster.with_untracked(|roster| {
        let clock = roster.clock();
        ((clock.day_end - clock.day_start) / HOUR_MS).clamp(1, 48) as usize
    });
    let top = Memo::new(move |_| roster.with(|roster| round_top(roster.hours())));
    let count = move |hour: usize| {
        roster.with(|roster| roster.hours().get(hour).copied().unwrap_or_default())
    };
    let begins = move |hour: usize| {
        roster.with(|roster| {
            let clock = roster.clock();
            text::clock(clock.day_start + hour as i64 * HOUR_MS, clock.utc_offset_minutes)
        })
    };
    let height = move |hour: usize| count(hour) as f64 * 100.0 / top.get() as f64;
    let bar = move |hour: usize| {
        view! {
            <rect
                class="chart-bar"
                x=format!("{}.5", hour * BAR_STEP + 1)
                y=move || format!("{:.2}", 100.0 - height(hour))
                width="7"
                height=move || format!("{:.2}", height(hour))
            >
                <title>{move || format!("{}: {} check-ins", begins(hour), count(hour))}</title>
            </rect>
        }
    };
    let line = |y: &'static str| {
        view! {
            <line
                class="chart-line"
                x1="0"
                x2=(hours * BAR_STEP).to_string()
                y1=y
                y2=y
                vector-effect="non-scaling-stroke"
            ></line>
        }
    };
    let label = move |hour: usize| view! { <span>{move || begins(hour)}</span> };
    let words = move || {
        let most = (0..hours).max_by_key(|hour| (count(*hour), usize::MAX - hour));
        match most.filter(|hour| count(*hour) > 0) {
            Some(hour) => format!("Most check-ins at {}: {}", begins(hour), count(hour)),
            None => "No check-ins yet today".to_owned(),
        }
    };
    view! {
        <section class="card chart" aria-labelledby="hours-title">
            <header class="card-head">
                <h2 id="hours-title">"Check-ins by hour"</h2>
                <span class="muted">{words}</span>
            </header>
            <div class="chart-field">
                <div class="chart-scale number" aria-hidden="true">
                    <span>{move || top.get()}</span>
                    <span>{move || top.get() / 2}</span>
                    <span>"0"</span>
                </div>
                <svg
                    class="chart-bars"
                    viewBox=format!("0 0 {} 100", hours * BAR_STEP)
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=words
                >
                    {line("0")}
                    {line("50")}
                    {line("100")}
                    {(0..hours).map(bar).collect_view()}
                </svg>
                <div class="chart-hours number" aria-hidden="true">
                    {(0..hours).step_by(LABEL_EVERY).map(label).collect_view()}
                </div>
            </div>
        </section>
    }
}

/// The scale's end: the next round even number, so that half of it is one too.
fn round_top(hours: &[i64]) -> i64 {
    let most = hours.iter().copied().max().unwrap_or_default();
    let rounds = [4, 10, 20, 40, 60, 80, 100];
    rounds.into_iter().find(|round| *round >= most).unwrap_or((most + 99) / 100 * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number_that_holds_the_highest_bar() {
        assert_eq!(round_top(&[]), 4);
        assert_eq!(round_top(&[3, 5]), 10);
        assert_eq!(round_top(&[41]), 60);
        assert_eq!(round_top(&[312, 7]), 400);
    }
}
