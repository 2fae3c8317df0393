//! The practices of this browser or account: how long, which chords, how many changes.

use crate::{
    backend::{CallFailure, practices, who},
    browser::use_browser,
    ui::{Brand, Empty, ErrorCard, LanguageSwitch, Loading, Tone, error_words, use_ready},
};
use leptos::{prelude::*, task::spawn_local, text_prop::TextProp};
use leptos_meta::Title;
use protocol::{
    Millis,
    guitar::PracticeStatus,
    http::{PracticePage, PracticeRecord},
};
use texts::{
    count_words,
    format::{self, exact},
    text, words,
};

/// The page.
#[component]
pub(crate) fn Practice() -> impl IntoView {
    let first = Resource::new(|| (), |()| async { (practices(None).await, who().await) });
    view! {
        <Title text=text!(guitar.title_practice)/>
        <div class="practice">
            <header class="practice-bar">
                <a class="stage-home" href="/">
                    <Brand/>
                    <span class="sr-only">" " {text!(shared.start_page)}</span>
                </a>
                <nav class="practice-ways" aria-label=text!(shared.pages)>
                    <a href="/guitar">{text!(guitar.play)}</a>
                    <a href="/practice" aria-current="page">
                        {text!(guitar.title_practice)}
                    </a>
                </nav>
                <a class="button button-primary" href="/guitar">
                    {text!(guitar.start_practice)}
                </a>
                <LanguageSwitch/>
            </header>
            <main class="practice-main">
                <h1 class="sr-only">{text!(guitar.title_practice)}</h1>
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
                                            title=text!(guitar.practice_failed)
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
    let failure = RwSignal::new(None::<CallFailure>);
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
                Err(failed) => drop(failure.try_set(Some(failed))),
            }
            loading.try_set(false);
        });
    };
    if total == 0 {
        return view! { <NoPractice/> }.into_any();
    }
    let ready = use_ready();
    view! {
        <div class="tiles">
            <Tile name=|| words!(guitar.practised_total) figure=move || exact(total_ms)/>
            <Tile name=|| words!(guitar.practices) figure=move || format::grouped(total)/>
            <Tile name=|| words!(guitar.longest) figure=move || exact(longest)/>
        </div>
        <section class="card sessions" aria-label=text!(guitar.practice_list)>
            <header class="part-head">
                <h2>{text!(guitar.practice_list)}</h2>
                <span class="faint">
                    {move || match guest {
                        true => words!(guitar.kept_guest),
                        false => words!(guitar.kept_account),
                    }}
                    " · "
                    {move || match ready.get() {
                        true => words!(guitar.your_time),
                        false => words!(guitar.utc),
                    }}
                </span>
            </header>
            <PracticeTable records now ready/>
            <p class="practice-error" role="alert">
                {move || failure.with(|failure| failure.as_ref().map(|failed| error_words(&failed.0)))}
            </p>
            <Show when=move || more.get()>
                <button type="button" class="button" disabled=move || loading.get() on:click=older>
                    {move || match loading.get() {
                        true => words!(guitar.loading_more),
                        false => words!(guitar.load_older),
                    }}
                </button>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn NoPractice() -> impl IntoView {
    view! {
        <section class="card">
            <Empty
                title=text!(guitar.no_practice)
                text=text!(guitar.no_practice_text)
            >
                <a class="button button-primary" href="/guitar">
                    {text!(guitar.open_guitar)}
                </a>
            </Empty>
        </section>
    }
}

#[component]
fn PracticeTable(
    records: RwSignal<Vec<PracticeRecord>>,
    /// The server's clock when the page was made.
    now: Millis,
    ready: Signal<bool>,
) -> impl IntoView {
    let row = move |record: PracticeRecord| view! { <PracticeRow record now ready/> };
    view! {
        <table class="practice-table">
            <thead class="sr-only">
                <tr>
                    <th scope="col">{text!(guitar.begun)}</th>
                    <th scope="col">{text!(guitar.practised)}</th>
                    <th scope="col">{text!(guitar.chords)}</th>
                    <th scope="col">{text!(guitar.changes)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || records.get() key=|record| record.id children=row/>
            </tbody>
        </table>
    }
}

#[component]
fn Tile(#[prop(into)] name: TextProp, #[prop(into)] figure: TextProp) -> impl IntoView {
    view! {
        <section class="card tile">
            <h2 class="tile-name">{move || name.get()}</h2>
            <p class="tile-figure number">{move || figure.get()}</p>
        </section>
    }
}

#[component]
fn PracticeRow(
    record: PracticeRecord,
    /// The server's clock when the page was made.
    now: Millis,
    /// The client runs: from now on the viewer's time zone can be read.
    ready: Signal<bool>,
) -> impl IntoView {
    let begun = record.started_at;
    let browser = use_browser();
    // The server and the first paint show UTC, so that both are equal.
    let when = move || {
        let zone = ready.get().then(|| browser.with(|b| b.utc_offset_minutes(begun))).flatten();
        match zone {
            Some(offset) => moment(begun, now, offset),
            None => format!("{} {}", format::date(begun, 0), format::clock(begun, 0)),
        }
    };
    let tone = match record.status {
        PracticeStatus::Started => Some(Tone::Good),
        PracticeStatus::Paused => Some(Tone::Warn),
        PracticeStatus::Ended => None,
    };
    let status_words = move || match record.status {
        PracticeStatus::Started => words!(guitar.clock_running),
        PracticeStatus::Paused => words!(guitar.clock_paused),
        PracticeStatus::Ended => words!(guitar.clock_kept),
    };
    let names = record.chords.join(" ");
    let chords = move || match names.is_empty() {
        true => words!(guitar.no_chords).to_owned(),
        false => names.clone(),
    };
    view! {
        <tr>
            <td class="practice-begun">
                {when}
            </td>
            <td class="practice-length number">
                {move || exact(record.elapsed_ms)}
                {tone.map(|tone| view! { " " <span class=format!("badge {}", tone.class())>{status_words}</span> })}
            </td>
            <td class="practice-chords">{chords}</td>
            <td class="practice-changes number">
                {move || count_words!(guitar.change_count, record.changes)}
            </td>
        </tr>
    }
}

/// When something was, in the place's own time: `Today 21:10`, `Thu 20:44`, `2 Nov 2026 08:02`.
fn moment(at: Millis, now: Millis, offset_minutes: i32) -> String {
    let day = |at: Millis| (at + Millis::from(offset_minutes) * 60_000).div_euclid(86_400_000);
    let clock = format::clock(at, offset_minutes);
    match day(now) - day(at) {
        0 => words!(guitar.today_at, clock = clock),
        1 => words!(guitar.yesterday_at, clock = clock),
        2..7 => format!("{} {clock}", format::weekday(at, offset_minutes)),
        _ => format!("{} {clock}", format::date(at, offset_minutes)),
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
