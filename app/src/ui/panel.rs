//! The panel behind the chip: every figure is measured on this page.

use crate::{
    browser::use_browser,
    link::use_link,
    ui::{Icon, IconShape, use_tick},
};
use leptos::{html, prelude::*};
use logic::{Monotonic, link::Figures, text};
use protocol::Codec;
use std::time::Duration;
use texts::{count_words, format, text, words};

/// A figure's name and value in words.
type FigureRow = (&'static str, String);

const BARS: usize = 30;
const BAR_STEP: usize = 10;
const BAR_HEIGHT: f64 = 44.0;
/// A quiet line of 2 ms must not look like a storm: bars are measured against this at least.
const SCALE_MS: u32 = 40;

/// The link's figures, Reconnect, a report to copy, and commands that wait for a person's word.
#[component]
pub(crate) fn LinkPanel(
    /// Closes the panel.
    close: Callback<()>,
) -> impl IntoView {
    let link = use_link();
    let tick = use_tick(1_000);
    let status = link.status();
    let figures = link.figures();
    let clock = link.clone();
    let rows = Memo::new(move |_| {
        tick.track();
        figures.with(|figures| rows(figures, clock.monotonic_now()))
    });
    let panel = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            _ = panel.focus();
        }
    });
    let reconnect = {
        let link = link.clone();
        move |_| link.reconnect()
    };
    view! {
        <div class="link-panel" role="dialog" aria-label=text!(shared.connection) tabindex="-1" node_ref=panel>
            <div class="link-panel-head">
                <h2>{text!(shared.connection)}</h2>
                <button type="button" class="button button-small" on:click=reconnect>
                    <Icon shape=IconShape::REFRESH_CW/>
                    {text!(shared.reconnect)}
                </button>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=text!(shared.close)
                    on:click=move |_| close.run(())
                >
                    <Icon shape=IconShape::X/>
                </button>
            </div>
            <Show when=move || { status.get().overdue > 0 }>
                <OverdueCommands/>
            </Show>
            <p class="link-panel-label">{text!(shared.round_trip)}</p>
            <RoundTripBars/>
            <dl class="figures">
                {move || {
                    let row = |(name, value): FigureRow| {
                        view! {
                            <dt>{name}</dt>
                            <dd>{value}</dd>
                        }
                    };
                    // The codec comes last, and is shown as a switch instead.
                    let mut shown = rows.get();
                    shown.pop();
                    shown.into_iter().map(row).collect_view()
                }}
            </dl>
            <CodecSwitch/>
            <CopyReport rows/>
        </div>
    }
}

#[component]
fn RoundTripBars() -> impl IntoView {
    let figures = use_link().figures();
    view! {
        <svg
            class="rtt-bars"
            viewBox=format!("0 0 {} {BAR_HEIGHT}", BARS * BAR_STEP)
            preserveAspectRatio="none"
            role="img"
            aria-label=move || figures.with(round_trips)
        >
            {move || figures.with(|figures| bars(&figures.rtts))}
        </svg>
    }
}

#[component]
fn CopyReport(rows: Memo<Vec<FigureRow>>) -> impl IntoView {
    let browser = use_browser();
    let copied = RwSignal::new(None);
    let copy = move |_| {
        let done = browser.with(|browser| browser.copy(&report(&rows.get_untracked())));
        copied.set(done);
        set_timeout(move || copied.set(None), Duration::from_secs(3));
    };
    let copy_word = move || match copied.get() {
        Some(true) => words!(shared.copied),
        Some(false) => words!(shared.copy_refused),
        None => words!(shared.copy_report),
    };
    view! {
        <div class="link-panel-foot">
            <button type="button" class="button button-small" on:click=copy>
                <Icon shape=IconShape::COPY/>
                {copy_word}
            </button>
            <span class="faint">{text!(shared.measured_here)}</span>
        </div>
    }
}

/// JSON is easy to read in the browser's tools; MessagePack takes fewer bytes.
#[component]
fn CodecSwitch() -> impl IntoView {
    let link = use_link();
    let figures = link.figures();
    let choice = |codec: Codec| {
        let link = link.clone();
        let spoken = move || figures.with(|figures| figures.codec == codec.name());
        view! {
            <button
                type="button"
                class="button button-small"
                aria-pressed=move || spoken().to_string()
                on:click=move |_| link.choose_codec(codec)
            >
                {codec.name()}
            </button>
        }
    };
    view! {
        <div class="codec-switch" role="group" aria-label=text!(shared.codec)>
            <span class="link-panel-label">{text!(shared.codec)}</span>
            {Codec::ALL.map(choice).collect_view()}
        </div>
    }
}

/// Commands that are older than a week: a person decides whether they are still sent.
#[component]
fn OverdueCommands() -> impl IntoView {
    let link = use_link();
    let status = link.status();
    let release = move |send: bool| {
        let link = link.clone();
        move |_| link.decide_overdue(send)
    };
    view! {
        <div class="overdue tone-warn">
            <p>
                {move || count_words!(shared.overdue_entries, status.get().overdue)}
            </p>
            <button type="button" class="button button-small" on:click=release(true)>
                {text!(shared.send)}
            </button>
            <button type="button" class="button button-small" on:click=release(false)>
                {text!(shared.discard)}
            </button>
        </div>
    }
}

/// One bar per measured round trip, the newest on the right, as SVG attributes.
fn bars(rtts: &[u32]) -> impl IntoView + use<> {
    let rtts = &rtts[rtts.len().saturating_sub(BARS)..];
    let top = f64::from(rtts.iter().copied().max().unwrap_or(0).max(SCALE_MS));
    let first = BARS - rtts.len();
    let bar = |(index, rtt): (usize, &u32)| {
        let height = (f64::from(*rtt) / top * BAR_HEIGHT).max(2.0);
        view! {
            <rect
                x=((first + index) * BAR_STEP).to_string()
                y=format!("{:.1}", BAR_HEIGHT - height)
                width="7"
                height=format!("{height:.1}")
            ></rect>
        }
    };
    rtts.iter().enumerate().map(bar).collect_view()
}

/// The bars in words.
fn round_trips(figures: &Figures) -> String {
    let (Some(last), Some(most)) = (figures.rtts.last(), figures.rtts.iter().max()) else {
        return words!(shared.round_trip_none).to_owned();
    };
    words!(shared.round_trip_figures, last = *last, most = *most)
}

fn rows(figures: &Figures, now: Monotonic) -> Vec<FigureRow> {
    let count = |count: u64| format::grouped(count as i64);
    let frames = |frames: u64, messages: u64| match frames {
        0 => "0".to_owned(),
        _ => format!("{} · {:.1}", count(frames), messages as f64 / frames as f64),
    };
    let connected = figures.connected_since.map(|since| format::duration(now - since));
    let gap = format::duration(figures.longest_gap_ms);
    let clock = figures.clock_offset_ms.map(|ms| format!("{} ms", format::grouped(ms)));
    let unknown = || words!(shared.not_measured).to_owned();
    vec![
        (
            words!(shared.connected_for),
            connected.unwrap_or_else(|| words!(shared.not_connected).to_owned()),
        ),
        (words!(shared.reconnects_gap), format!("{} · {gap}", figures.reconnects)),
        (
            words!(shared.events_replayed),
            format!("{} · {}", count(figures.events), count(figures.replayed)),
        ),
        (words!(shared.frames_in), frames(figures.frames_in, figures.messages_in)),
        (words!(shared.frames_out), frames(figures.frames_out, figures.messages_out)),
        (
            words!(shared.bytes_in_out),
            format!("{} · {}", text::bytes(figures.bytes_in), text::bytes(figures.bytes_out)),
        ),
        (words!(shared.waiting_answer), figures.waiting.to_string()),
        (words!(shared.clock_difference), clock.unwrap_or_else(unknown)),
        (
            words!(shared.codec),
            if figures.codec.is_empty() { unknown() } else { figures.codec.to_owned() },
        ),
    ]
}

/// The figures as text for a ticket or mail.
fn report(rows: &[FigureRow]) -> String {
    let lines = rows.iter().map(|(name, value)| format!("{name}: {value}"));
    std::iter::once(words!(shared.report_title).to_owned())
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_holds_every_figure_of_the_panel() {
        let figures = Figures {
            connected_since: Some(Monotonic::from_ms(0)),
            reconnects: 3,
            longest_gap_ms: 41_000,
            events: 18_204,
            replayed: 12,
            frames_in: 100,
            messages_in: 260,
            clock_offset_ms: Some(-38),
            codec: "JSON",
            ..Figures::default()
        };
        let report = report(&rows(&figures, Monotonic::from_ms(8_040_000)));
        for line in [
            "Connected for: 2 h 14 min",
            "Reconnects · longest gap: 3 · 41 s",
            "Events received · replayed: 18,204 · 12",
            "Frames in · messages per frame: 100 · 2.6",
            "Clock difference: −38 ms",
            "Codec: JSON",
        ] {
            assert!(report.contains(line), "{line} in\n{report}");
        }
    }
}
