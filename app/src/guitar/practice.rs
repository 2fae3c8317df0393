//! The practices of this browser or account: how long, which chords, how many changes.

use crate::{
    backend::{CallFailure, practices, who},
    browser::use_browser,
    guitar::words::exact,
    ui::{Brand, Empty, ErrorCard, Loading, use_ready},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use logic::text;
use protocol::{
    Millis,
    guitar::PracticeStatus,
    http::{PracticePage, PracticeRecord},
};

/// The page.
#[component]
pub fn Practice() -> impl IntoView {
    let first = Resource::new(|| (), |()| async { (practices(None).await, who().await) });
    view! {
        <Title text="Practice"/>
        <div class="practice">
            <header class="practice-bar">
                <a class="stage-home" href="/">
                    <Brand/>
                    <span class="sr-only">" start page"</span>
                </a>
                <nav class="practice-ways" aria-label="Pages">
                    <a href="/guitar">"Play"</a>
                    <a href="/practice" aria-current="page">
                        "Practice"
                    </a>
                </nav>
                <a class="button button-primary" href="/guitar">
                    "Start practice"
                </a>
            </header>
            <main class="practice-main">
                <h1 class="sr-only">"Practice"</h1>
                <Suspense fallback=|| view! { <section class="card"><Loading/></section> }>
                    {move || Suspend::new(async move {
                        match first.await {
                            (Ok(page), user) => {
                                let guest = !matches!(user, Ok(Some(_)));
                                view! { <Practices page guest/> }.into_any()
                            }
                            (Err(failure), _) => {
                                let retry = Callback::new(move |()| first.refetch());
                                view! {
                                    <section class="card">
                                        <ErrorCard
                                            title="Your practice could not be shown"
                                            failure
                                            retry
                                        />
                                    </section>
                                }
                                    .into_any()
                            }
                        }
                    })}
                </Suspense>
            </main>
        </div>
    }
}

/// Figures and list; older ones are loaded on demand.
#[component]
fn Practices(page: PracticePage, guest: bool) -> impl IntoView {
    let now = page.server_time;
    let (total, total_ms) = (page.total, page.total_ms);
    let longest = page.records.iter().map(|record| record.elapsed_ms).max().unwrap_or(0);
    let records = RwSignal::new(page.records);
    let more = RwSignal::new(page.more);
    let loading = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let older = move |_| {
        let before = records.with_untracked(|r| r.last().map(|record| record.started_at));
        loading.set(true);
        failure.set(None);
        spawn_local(async move {
            match practices(before).await {
                Ok(page) => {
                    records.try_update(|records| records.extend(page.records));
                    more.try_set(page.more);
                }
                Err(CallFailure(error)) => drop(failure.try_set(Some(error.message))),
            }
            loading.try_set(false);
        });
    };
    if total == 0 {
        return view! {
            <section class="card">
                <Empty
                    title="No practice yet"
                    text="Open the guitar and press Start practice: every minute you play is kept here."
                >
                    <a class="button button-primary" href="/guitar">
                        "Open the guitar"
                    </a>
                </Empty>
            </section>
        }
        .into_any();
    }
    let ready = use_ready();
    let row = move |record: PracticeRecord| view! { <Row record now ready/> };
    view! {
        <div class="tiles">
            <Tile name="Practised in all" figure=exact(total_ms)/>
            <Tile name="Practices" figure=text::grouped(total)/>
            <Tile name="Longest of the latest" figure=exact(longest)/>
        </div>
        <section class="card sessions" aria-label="Practices">
            <header class="part-head">
                <h2>"Practices"</h2>
                <span class="faint">
                    {if guest { "kept on this browser, without an account" } else { "of your account" }}
                    {move || if ready.get() { " · your time" } else { " · UTC" }}
                </span>
            </header>
            <table class="practice-table">
                <thead class="sr-only">
                    <tr>
                        <th scope="col">"Begun"</th>
                        <th scope="col">"Practised"</th>
                        <th scope="col">"Chords"</th>
                        <th scope="col">"Changes"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || records.get() key=|record| record.id children=row/>
                </tbody>
            </table>
            <p class="practice-error" role="alert">
                {move || failure.get()}
            </p>
            <Show when=move || more.get()>
                <button type="button" class="button" disabled=move || loading.get() on:click=older>
                    {move || if loading.get() { "Loading …" } else { "Load older" }}
                </button>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn Tile(name: &'static str, figure: String) -> impl IntoView {
    view! {
        <section class="card tile">
            <h2 class="tile-name">{name}</h2>
            <p class="tile-figure number">{figure}</p>
        </section>
    }
}

#[component]
fn Row(
    record: PracticeRecord,
    /// The server's clock when the page was made.
    now: Millis,
    /// The page answers: from now on it knows the viewer's zone.
    ready: Signal<bool>,
) -> impl IntoView {
    let begun = record.started_at;
    let browser = use_browser();
    // The server and the first paint show UTC, which both know.
    let when = move || {
        let zone = ready.get().then(|| browser.with(|b| b.utc_offset_minutes(begun))).flatten();
        match zone {
            Some(offset) => moment(begun, now, offset),
            None => format!("{} {}", text::date(begun, 0), text::clock(begun, 0)),
        }
    };
    let status = match record.status {
        PracticeStatus::Started => Some(("running", "badge tone-good")),
        PracticeStatus::Paused => Some(("paused", "badge tone-warn")),
        PracticeStatus::Ended => None,
    };
    let chords = match record.chords.is_empty() {
        true => "no chords".to_owned(),
        false => record.chords.join(" "),
    };
    view! {
        <tr>
            <td class="practice-begun">
                {when}
            </td>
            <td class="practice-length number">
                {exact(record.elapsed_ms)}
                {status.map(|(word, class)| view! { " " <span class=class>{word}</span> })}
            </td>
            <td class="practice-chords">{chords}</td>
            <td class="practice-changes number">
                {text::plural(record.changes, "change", "changes")}
            </td>
        </tr>
    }
}

/// When something was, in the place's own time: `Today 21:10`, `Thu 20:44`, `2 Nov 2026 08:02`.
fn moment(at: Millis, now: Millis, offset_minutes: i32) -> String {
    let day = |at: Millis| (at + Millis::from(offset_minutes) * 60_000).div_euclid(86_400_000);
    let clock = text::clock(at, offset_minutes);
    match day(now) - day(at) {
        0 => format!("Today {clock}"),
        1 => format!("Yesterday {clock}"),
        2..7 => {
            let weekday = text::weekday_date(at, offset_minutes);
            format!("{} {clock}", weekday.get(..3).unwrap_or_default())
        }
        _ => format!("{} {clock}", text::date(at, offset_minutes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_days_of_the_viewer() {
        // 2026-11-22 06:22:08 UTC, a Sunday.
        let now = 1_795_328_528_000;
        let hour = 3_600_000;
        assert_eq!(moment(now - hour, now, 0), "Today 05:22");
        assert_eq!(moment(now - 7 * hour, now, 0), "Yesterday 23:22");
        assert_eq!(moment(now - 7 * hour, now, 540), "Today 08:22", "Tokyo");
        assert_eq!(moment(now - 72 * hour, now, 0), "Thu 06:22");
        assert_eq!(moment(now - 240 * hour, now, 0), "12 Nov 2026 06:22");
    }
}
