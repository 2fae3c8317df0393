//! The list of members: search and page in the address, who is in, and the way to a new one.

pub mod new_member;

use self::new_member::{NewMemberForm, NewNumber};
use super::{gate::Gate, page_head::PageHead, words};
use crate::{
    backend::members,
    link::use_link,
    ui::{Badge, Empty, ErrorCard, Icon, IconName, Loading, Tone, use_ready},
};
use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    location::Url,
};
use logic::{link::Delivery, text};
use protocol::{
    Millis, ServerMessage, Topic,
    account::{Permission, Role},
    gym::Visit,
    http::{MemberPage, MemberRow},
    server::{Outcome, Snapshot},
};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

const DEBOUNCE: Duration = Duration::from_millis(250);

/// `/gym/members?q=…&page=…`
#[component]
pub fn Members() -> impl IntoView {
    let gate = Gate::of(Permission::SeeMembers);
    let page = move || {
        let gate = gate.clone();
        Suspend::new(async move {
            match gate.pass().await {
                Ok(user) => view! { <Register role=user.role/> }.into_any(),
                Err(instead) => instead,
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Loading rows=8/> }>{page}</Suspense> }
}

#[component]
fn Register(role: Role) -> impl IntoView {
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        query.with(|query| {
            let page = query.get_str("page").and_then(|page| page.parse().ok()).unwrap_or(1_u32);
            (query.get_str("q").unwrap_or_default().to_owned(), page.max(1))
        })
    });
    let found = Resource::new(move || wanted.get(), |(text, page)| members(text, page));
    let inside = use_inside();
    let adding = RwSignal::new(false);
    let created = RwSignal::new(None::<MemberRow>);
    let may_add = role.may(Permission::EditMembers);
    let on_created = Callback::new(move |row: MemberRow| {
        adding.set(false);
        created.set(Some(row));
        found.refetch();
    });
    let list = move || {
        Suspend::new(async move {
            match found.await {
                Ok(page) => {
                    view! { <List page wanted=wanted.get_untracked().0 inside/> }.into_any()
                }
                Err(failure) => view! {
                    <ErrorCard
                        title="The members could not be shown"
                        failure
                        retry=Callback::new(move |()| found.refetch())
                    />
                }
                .into_any(),
            }
        })
    };
    let add = may_add.then(|| {
        view! {
            <button
                type="button"
                class="button button-primary"
                on:click=move |_| {
                    created.set(None);
                    adding.set(true);
                }
            >
                <Icon name=IconName::UserPlus/>
                "New member"
            </button>
        }
    });
    view! {
        <PageHead title="Members" live=true>
            {add}
        </PageHead>
        <div class="page-body">
            <Show when=move || adding.get()>
                <NewMemberForm
                    created=on_created
                    close=Callback::new(move |()| adding.set(false))
                />
            </Show>
            {move || {
                created
                    .get()
                    .map(|row| {
                        view! { <NewNumber row close=Callback::new(move |()| created.set(None))/> }
                    })
            }}
            <SearchField wanted/>
            <Transition fallback=|| view! { <Loading rows=8/> }>{list}</Transition>
        </div>
    }
}

/// The search; the address follows a moment after the last key.
#[component]
fn SearchField(wanted: Memo<(String, u32)>) -> impl IntoView {
    let navigate = use_navigate();
    let ready = use_ready();
    let input = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(None::<String>);
    let asked = StoredValue::new(wanted.get_untracked().0);
    let go = move |text: &str| {
        asked.set_value(text.trim().to_owned());
        let options =
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&address(text, 1), options);
    };
    Effect::new({
        let go = go.clone();
        move |_| {
            let Some(text) = typed.get() else { return };
            let go = go.clone();
            if let Ok(timer) = set_timeout_with_handle(move || go(&text), DEBOUNCE) {
                on_cleanup(move || timer.clear());
            }
        }
    });
    // Back, Forward and "Show all members" change the address without a key.
    Effect::new(move |_| {
        let text = wanted.with(|(text, _)| text.trim().to_owned());
        if asked.with_value(|asked| *asked != text) {
            if let Some(input) = input.get_untracked() {
                input.set_value(&text);
            }
            asked.set_value(text);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            go(&input.value());
        }
    };
    view! {
        // A plain form: before hydration, Enter loads the same address.
        <form
            class="members-search"
            role="search"
            method="get"
            action="/gym/members"
            data-ready=move || ready.get().then_some("true")
            on:submit=submit
        >
            <div class="desk-input">
                <Icon name=IconName::Search/>
                <input
                    class="input"
                    type="search"
                    name="q"
                    aria-label="Name, number or telephone"
                    placeholder="Name, number or telephone"
                    autocomplete="off"
                    value=wanted.get_untracked().0
                    node_ref=input
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                />
            </div>
        </form>
    }
}

#[component]
fn List(
    page: MemberPage,
    wanted: String,
    inside: RwSignal<HashMap<Uuid, Option<Millis>>>,
) -> impl IntoView {
    let MemberPage { rows, total, page, per_page, utc_offset_minutes } = page;
    if rows.is_empty() {
        let (title, text) = match (total, wanted.is_empty()) {
            (0, true) => ("No members yet", "The first one is made with New member."),
            (0, false) => ("Nobody found", "Try the number, the telephone or fewer letters."),
            _ => ("Nothing on this page", "The list ends before it."),
        };
        return view! {
            <div class="card">
                <Empty title text>
                    <a class="button" href="/gym/members">"Show all members"</a>
                </Empty>
            </div>
        }
        .into_any();
    }
    let pages = (total.max(1) as u64).div_ceil(u64::from(per_page.max(1))) as u32;
    let row = move |row: MemberRow| {
        let (word, tone) = words::standing(row.standing);
        let member = row.member.id;
        let known = row.in_since;
        let since =
            Memo::new(move |_| inside.with(|inside| inside.get(&member).copied()).unwrap_or(known));
        let mark = move || {
            let since = text::clock(since.get()?, utc_offset_minutes);
            Some(view! { <Badge tone=Tone::Good text=format!("in since {since}")/> })
        };
        let reach = [row.phone, row.email].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! {
            <tr class="row">
                <td>
                    <span class="row-strong">{row.member.full_name}</span>
                    " "
                    {mark}
                </td>
                <td class="number">{row.member.number}</td>
                <td class="muted wide-only">{reach}</td>
                <td class="muted wide-only">
                    {row.membership.as_ref().map(words::plan).unwrap_or_default()}
                </td>
                <td class="muted number wide-only">{text::date(row.joined_at, utc_offset_minutes)}</td>
                <td class="row-end">
                    <Badge tone text=word/>
                </td>
            </tr>
        }
    };
    let before = (page > 1).then(|| {
        view! {
            <a class="button" href=address(&wanted, page - 1) rel="prev">
                <Icon name=IconName::ChevronLeft/>
                "Previous"
            </a>
        }
    });
    let after = (page < pages).then(|| {
        view! {
            <a class="button" href=address(&wanted, page + 1) rel="next">
                "Next"
                <Icon name=IconName::ChevronRight/>
            </a>
        }
    });
    view! {
        <section class="card list" aria-label="Members">
            <div class="scroll" tabindex="0" role="region" aria-label="Members">
                <table class="table" data-test="members">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Number"</th>
                            <th scope="col" class="wide-only">"Reach"</th>
                            <th scope="col" class="wide-only">"Plan"</th>
                            <th scope="col" class="wide-only">"Member since"</th>
                            <th scope="col" class="row-end">"State"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <nav class="pages" aria-label="Pages of the list">
                {before}
                <span class="muted number">
                    {format!(
                        "{} · page {page} of {pages}",
                        text::plural(total, "member", "members"),
                    )}
                </span>
                {after}
            </nav>
        </section>
    }
    .into_any()
}

fn address(text: &str, page: u32) -> String {
    match (text.trim(), page) {
        ("", 1) => "/gym/members".to_owned(),
        ("", page) => format!("/gym/members?page={page}"),
        (text, 1) => format!("/gym/members?q={}", Url::escape(text)),
        (text, page) => format!("/gym/members?q={}&page={page}", Url::escape(text)),
    }
}

/// Since when members are in, as far as the link told: what it says is newer than the list.
fn use_inside() -> RwSignal<HashMap<Uuid, Option<Millis>>> {
    let inside = RwSignal::new(HashMap::new());
    let link = use_link();
    let note = move |visit: &Visit, open: bool| {
        let since = (open && visit.check_out_time.is_none()).then_some(visit.check_in_time);
        inside.update(|inside| {
            inside.insert(visit.member.id, since);
        });
    };
    Effect::new(move |_| {
        link.follow(Topic::CheckIns, None, move |delivery| match delivery {
            Delivery::Snapshot { snapshot: Snapshot::CheckIns(gym), .. } => {
                // The newest visit of a member comes first and counts.
                gym.visits.iter().rev().for_each(|visit| note(visit, true));
            }
            Delivery::Event { message, .. } => match message {
                ServerMessage::MemberCheckedIn { visit, .. } => note(&visit, true),
                ServerMessage::MemberCheckedOut(visit) => note(&visit, false),
                ServerMessage::CheckInUndone { visit, .. } => note(&visit, false),
                _ => {}
            },
            Delivery::Answer { result: Ok(outcome), .. } => match outcome {
                Outcome::CheckIn(answer) => {
                    if let Some(visit) = &answer.visit {
                        note(visit, true);
                    }
                }
                Outcome::CheckOut { visit } | Outcome::Undone { visit } => note(&visit, false),
                _ => {}
            },
            _ => {}
        });
    });
    inside
}
