//! The desk's answer: one wide card in green, amber or red, and neutral while nothing is decided.

use super::entries::{Asked, Desk, Entry, State};
use crate::{
    backend::{Failure, renew},
    gym::words,
    link::use_link,
    ui::{Avatar, Icon, IconName, Tone, use_tick},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use logic::text;
use protocol::{
    ErrorBody, ErrorCode, Millis,
    gym::{CheckInAnswer, GymClock, Reason, Verdict, Visit},
    http::MemberRow,
};

/// The card of one entry.
#[component]
pub fn AnswerCard(
    /// The entry.
    entry: Entry,
    /// The desk it belongs to.
    desk: Desk,
    /// The gym's time, and for how long a check-in is repeated and can be taken back.
    clock: GymClock,
) -> impl IntoView {
    match entry.state.clone() {
        State::Waiting => view! { <WaitingCard entry/> }.into_any(),
        State::Failed(error) => view! { <FailedCard entry error desk/> }.into_any(),
        State::Decided(answer) => view! { <DecisionCard answer=*answer desk clock/> }.into_any(),
        State::Left(visit) => {
            let note = format!("{} · {}", visit.member.number, words::left_after(&visit));
            let title = format!("Goodbye, {}", visit.member.full_name);
            let name = visit.member.full_name;
            plain_card(IconName::DoorOpen, "Checked out", "left", name, title, note).into_any()
        }
        State::Undone(visit) => {
            let note = format!("{} · this check-in does not count", visit.member.number);
            let name = visit.member.full_name;
            plain_card(IconName::Undo, "Taken back", "undone", name.clone(), name, note).into_any()
        }
    }
}

/// Nothing is decided: never a colour, never a sound.
#[component]
fn WaitingCard(entry: Entry) -> impl IntoView {
    let (icon, word, verdict, note) = match (entry.queued, entry.asked) {
        (true, _) => (
            IconName::Clock,
            "Queued",
            "queued",
            "No connection. This is kept here, also when the page is closed, and is sent as soon \
             as the connection is back. Whether the member may come in is not known yet.",
        ),
        (false, Asked::CheckIn) => (IconName::Search, "Checking…", "checking", ""),
        (false, Asked::CheckOut) => (IconName::DoorOpen, "Checking out…", "checking", ""),
        (false, Asked::Undo) => (IconName::Undo, "Taking back…", "checking", ""),
    };
    // A code has no initials.
    let name = entry.name.clone().unwrap_or_else(|| "…".to_owned());
    plain_card(icon, word, verdict, name, entry.who(), note.to_owned())
}

fn plain_card(
    icon: IconName,
    word: &'static str,
    verdict: &'static str,
    name: String,
    title: String,
    note: String,
) -> impl IntoView {
    view! {
        <section class="card answer" data-verdict=verdict>
            <Avatar name large=true/>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon name=icon/>
                    {word}
                </p>
                <h2 class="answer-name">{title}</h2>
                <p class="answer-note">{note}</p>
            </div>
        </section>
    }
}

/// Nothing was recorded, and why.
#[component]
fn FailedCard(entry: Entry, error: ErrorBody, desk: Desk) -> impl IntoView {
    let link = use_link();
    let unknown = error.code == ErrorCode::MemberNotFound;
    let word = match (unknown, entry.asked) {
        (true, _) => "No member has this code",
        (_, Asked::CheckIn) => "Not checked in",
        (_, Asked::CheckOut) => "Not checked out",
        (_, Asked::Undo) => "Not taken back",
    };
    let note = match unknown {
        true => "Nothing was recorded. Scan again, or type two letters of the name.".to_owned(),
        false => format!("Nothing was recorded. {}", error.message),
    };
    let again = (!unknown && entry.asked == Asked::CheckIn).then(|| {
        let (code, name) = (entry.code.clone(), entry.name.clone());
        let again = move |_| desk.check_in(&link, code.clone(), name.clone(), None);
        view! {
            <button type="button" class="button" on:click=again>
                "Try again"
            </button>
        }
    });
    view! {
        <section class="card answer tone-bad" data-verdict="failed">
            <span class="avatar avatar-large" aria-hidden="true">"?"</span>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon name=IconName::X/>
                    {word}
                </p>
                <h2 class="answer-name">{entry.who()}</h2>
                <p class="answer-note">{note}</p>
            </div>
            <div class="answer-acts">{again}</div>
        </section>
    }
}

/// Green, amber or red.
#[component]
fn DecisionCard(answer: CheckInAnswer, desk: Desk, clock: GymClock) -> impl IntoView {
    let (tone, icon, verdict) = match answer.verdict {
        Verdict::Allow => (Tone::Good, IconName::Check, "allow"),
        Verdict::Warn => (Tone::Warn, IconName::TriangleAlert, "warn"),
        Verdict::Deny => (Tone::Bad, IconName::X, "deny"),
    };
    let name = answer.member.full_name.clone();
    let already_in = matches!(answer.reason, Some(Reason::AlreadyIn { .. }));
    let greeting = match answer.verdict == Verdict::Deny || already_in {
        true => name.clone(),
        false => format!("Welcome, {name}"),
    };
    let renewable = matches!(
        answer.reason,
        Some(
            Reason::Expired { .. }
                | Reason::NoVisitsLeft
                | Reason::EndsSoon { .. }
                | Reason::LastVisit
        )
    );
    let overriding = RwSignal::new(false);
    let denied = answer.verdict == Verdict::Deny;
    let profile = format!("/gym/members?q={}", answer.member.number);
    let repeated = answer.repeated.then(|| {
        let seconds = clock.repeat_ms / 1_000;
        let note = format!("Scanned again within {seconds} s: this is the first answer.");
        view! { <p class="answer-note">{note}</p> }
    });
    let visit = answer.visit.clone();
    let check_out = visit.clone().filter(|_| already_in);
    let undo = visit.filter(|_| !already_in);
    let member = answer.member.clone();
    view! {
        <section class=format!("card answer {}", tone.class()) data-verdict=verdict>
            <Avatar name=name large=true/>
            <div class="answer-text">
                <p class="answer-word">
                    <Icon name=icon/>
                    {words::headline(&answer, clock.utc_offset_minutes)}
                </p>
                <h2 class="answer-name">{greeting}</h2>
                <p class="answer-note">{words::particulars(&answer)}</p>
                {repeated}
            </div>
            <div class="answer-acts">
                {check_out.map(|visit| view! { <CheckOutButton visit desk/> })}
                {undo.map(|visit| view! { <UndoButton visit desk undo_ms=clock.undo_ms/> })}
                {renewable.then(|| view! { <RenewButton answer=answer.clone() desk/> })}
                {denied
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button button-quiet"
                                aria-expanded=move || overriding.get().to_string()
                                on:click=move |_| overriding.update(|open| *open = !*open)
                            >
                                "Let in once…"
                            </button>
                        }
                    })}
                {(!denied)
                    .then(|| view! { <a class="button button-quiet" href=profile>"Profile"</a> })}
            </div>
            <Show when=move || overriding.get()>
                <OverrideForm
                    member=member.id.to_string()
                    name=member.full_name.clone()
                    desk
                    close=move || overriding.set(false)
                />
            </Show>
        </section>
    }
}

/// Ends the open visit; has the focus, because that is what is wanted most often.
#[component]
fn CheckOutButton(visit: Visit, desk: Desk) -> impl IntoView {
    let link = use_link();
    let button = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(button) = button.get() {
            _ = button.focus();
        }
    });
    let name = visit.member.full_name.clone();
    let leave = move |_| desk.check_out(&link, Some(visit.id), None, Some(name.clone()));
    view! {
        <button type="button" class="button" node_ref=button on:click=leave>
            "Check out"
        </button>
    }
}

/// Takes the check-in back while that is possible, with the seconds that are left.
#[component]
fn UndoButton(visit: Visit, desk: Desk, undo_ms: Millis) -> impl IntoView {
    let link = use_link();
    let tick = use_tick(500);
    let clock = link.clone();
    let began = visit.check_in_time;
    let left = Memo::new(move |_| {
        tick.track();
        let left = began + undo_ms - clock.server_now();
        (left > 0).then(|| text::seconds_left(left).min(undo_ms / 1_000))
    });
    let visit = StoredValue::new(visit);
    let undo = {
        let link = StoredValue::new(link);
        move |_| link.with_value(|link| visit.with_value(|visit| desk.undo(link, visit)))
    };
    view! {
        <Show when=move || left.get().is_some()>
            <button type="button" class="button number" on:click=undo>
                <Icon name=IconName::Undo/>
                {move || format!("Undo · {} s", left.get().unwrap_or_default())}
            </button>
        </Show>
    }
}

/// Renews the member's last plan, says so, and offers to check in.
#[component]
fn RenewButton(answer: CheckInAnswer, desk: Desk) -> impl IntoView {
    let link = use_link();
    let pending = RwSignal::new(false);
    let done = RwSignal::new(None::<Result<MemberRow, Failure>>);
    let member = answer.member.id;
    let start = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            let result = renew(member).await;
            // The person may have scanned the next member in the meantime.
            _ = done.try_set(Some(result));
            _ = pending.try_set(false);
        });
    };
    let denied = answer.verdict == Verdict::Deny;
    let check_in = {
        let name = answer.member.full_name;
        let link = StoredValue::new(link);
        move |_| {
            let (code, name) = (member.to_string(), Some(name.clone()));
            link.with_value(|link| desk.check_in(link, code, name, None));
        }
    };
    let class = if denied { "button button-primary" } else { "button" };
    move || match done.get() {
        Some(Ok(row)) => {
            let plan = row.membership.as_ref().map(words::plan).unwrap_or_default();
            view! {
                <p class="answer-done" role="status">
                    <Icon name=IconName::Check/>
                    {format!("Renewed · {plan}")}
                </p>
                {denied
                    .then(|| {
                        view! {
                            <button type="button" class=class on:click=check_in.clone()>
                                "Check in"
                            </button>
                        }
                    })}
            }
            .into_any()
        }
        other => {
            let error = other.and_then(Result::err).map(|failure| {
                view! { <p class="answer-error" role="alert">{failure.0.message}</p> }
            });
            view! {
                <button
                    type="button"
                    class=class
                    disabled=move || pending.get()
                    on:click=start
                >
                    {move || if pending.get() { "Renewing…" } else { "Renew" }}
                </button>
                {error}
            }
            .into_any()
        }
    }
}

/// Lets a refused member in once; the reason goes into the audit log.
#[component]
fn OverrideForm(
    member: String,
    name: String,
    desk: Desk,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let link = use_link();
    let reason = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let given = reason.get_untracked().trim().to_owned();
        if !given.is_empty() {
            desk.check_in(&link, member.clone(), Some(name.clone()), Some(given));
        }
    };
    view! {
        <form class="answer-override" on:submit=submit>
            <div class="field">
                <label for="override-reason">"Why once? It is kept in the audit log."</label>
                <input
                    class="input"
                    id="override-reason"
                    autocomplete="off"
                    node_ref=input
                    prop:value=move || reason.get()
                    on:input=move |event| reason.set(event_target_value(&event))
                />
            </div>
            <button
                type="submit"
                class="button button-primary"
                disabled=move || reason.with(|reason| reason.trim().is_empty())
            >
                "Let in once"
            </button>
            <button type="button" class="button button-quiet" on:click=move |_| close()>
                "Cancel"
            </button>
        </form>
    }
}
