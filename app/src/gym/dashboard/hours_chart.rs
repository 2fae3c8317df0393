//! Check-ins by hour of the gym's day, drawn with SVG attributes only: a strict `style-src` blocks
//! inline styles.

use crate::gym::{live::LiveGym, sentences};
use leptos::prelude::*;
use protocol::Millis;
use texts::{format, text, words};

const HOUR_MS: Millis = 3_600_000;
/// The width of an hour in the drawing's units; its height is 100.
const BAR_STEP: usize = 10;
/// Every how many hours the axis has a label.
const LABEL_STEP: usize = 3;

/// The chart's figures.
#[derive(Clone, Copy)]
struct HourCounts {
    live: LiveGym,
    /// The hours of the gym day.
    hours: usize,
    /// The end of the scale.
    top: Memo<i64>,
}

impl HourCounts {
    fn new(live: LiveGym) -> Self {
        let hours = live.roster.with_untracked(|roster| {
            let clock = roster.clock();
            ((clock.day_end - clock.day_start) / HOUR_MS).clamp(1, 48) as usize
        });
        let top = Memo::new(move |_| live.roster.with(|roster| scale_end(roster.hours())));
        Self { live, hours, top }
    }

    fn count(&self, hour: usize) -> i64 {
        self.live.roster.with(|roster| roster.hours().get(hour).copied().unwrap_or_default())
    }

    /// When an hour begins, on the gym's clock.
    fn begins(&self, hour: usize) -> String {
        let day_start = self.live.roster.with(|roster| roster.clock().day_start);
        format::clock(day_start + hour as Millis * HOUR_MS, self.live.utc_offset())
    }

    /// The height of an hour's bar, 0 to 100.
    fn height(&self, hour: usize) -> f64 {
        self.count(hour) as f64 * 100.0 / self.top.get() as f64
    }

    /// The first of the hours with the most check-ins, in words.
    fn summary(&self) -> String {
        let busiest = (0..self.hours).max_by_key(|hour| (self.count(*hour), usize::MAX - hour));
        match busiest.filter(|hour| self.count(*hour) > 0) {
            Some(hour) => sentences::busiest_hour(&self.begins(hour), self.count(hour)),
            None => words!(gym.no_check_ins).to_owned(),
        }
    }
}

/// The chart with its title.
#[component]
pub(crate) fn HoursChart(
    /// The gym on this page.
    live: LiveGym,
) -> impl IntoView {
    let counts = HourCounts::new(live);
    let label = move |hour: usize| view! { <span>{move || counts.begins(hour)}</span> };
    view! {
        <section class="card chart" aria-labelledby="hours-title">
            <header class="card-head">
                <h2 id="hours-title">{text!(gym.hours_title)}</h2>
                <span class="muted">{move || counts.summary()}</span>
            </header>
            <div class="chart-field">
                <div class="chart-scale number" aria-hidden="true">
                    <span>{move || counts.top.get()}</span>
                    <span>{move || counts.top.get() / 2}</span>
                    <span>"0"</span>
                </div>
                <HourBars counts/>
                <div class="chart-hours number" aria-hidden="true">
                    {(0..counts.hours).step_by(LABEL_STEP).map(label).collect_view()}
                </div>
            </div>
        </section>
    }
}

#[component]
fn HourBars(counts: HourCounts) -> impl IntoView {
    let width = counts.hours * BAR_STEP;
    let line = |y: &'static str| {
        view! {
            <line
                class="chart-line"
                x1="0"
                x2=width.to_string()
                y1=y
                y2=y
                vector-effect="non-scaling-stroke"
            ></line>
        }
    };
    view! {
        <svg
            class="chart-bars"
            viewBox=format!("0 0 {width} 100")
            preserveAspectRatio="none"
            role="img"
            aria-label=move || counts.summary()
        >
            {["0", "50", "100"].map(line).into_iter().collect_view()}
            {(0..counts.hours).map(|hour| view! { <HourBar counts hour/> }).collect_view()}
        </svg>
    }
}

#[component]
fn HourBar(counts: HourCounts, hour: usize) -> impl IntoView {
    let title = move || sentences::hour_count(&counts.begins(hour), counts.count(hour));
    view! {
        <rect
            class="chart-bar"
            x=format!("{}.5", hour * BAR_STEP + 1)
            y=move || format!("{:.2}", 100.0 - counts.height(hour))
            width="7"
            height=move || format!("{:.2}", counts.height(hour))
        >
            <title>{title}</title>
        </rect>
    }
}

/// The end of the scale: the next round even number, so that half of it is an integer.
fn scale_end(hours: &[i64]) -> i64 {
    let most = hours.iter().copied().max().unwrap_or_default();
    let rounds = [4, 10, 20, 40, 60, 80, 100];
    rounds.into_iter().find(|round| *round >= most).unwrap_or((most + 99) / 100 * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number_that_holds_the_highest_bar() {
        assert_eq!(scale_end(&[]), 4);
        assert_eq!(scale_end(&[3, 5]), 10);
        assert_eq!(scale_end(&[41]), 60);
        assert_eq!(scale_end(&[312, 7]), 400);
    }
}
