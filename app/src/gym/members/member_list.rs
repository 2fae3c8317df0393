//! A page of the list of members.

use super::{list_query::ListQuery, presence::MemberPresence};
use crate::{
    gym::{sentences, standing::standing_tone},
    ui::{Badge, Empty, Icon, IconShape, Tone},
};
use leptos::prelude::*;
use protocol::http::{MemberPage, MemberRow};
use texts::{format, text};

/// A page of what a text finds, or why there is nothing to list.
#[component]
pub(crate) fn MemberList(
    /// The page.
    page: MemberPage,
    /// The text that was searched for.
    text: String,
    /// Who is in.
    presence: MemberPresence,
) -> impl IntoView {
    let MemberPage { rows, total, page, per_page, utc_offset_minutes } = page;
    if rows.is_empty() {
        return view! { <NoMembers total has_text=!text.is_empty()/> }.into_any();
    }
    let pages = (total.max(1) as u64).div_ceil(u64::from(per_page.max(1))) as u32;
    let row = move |row| view! { <MemberTableRow row presence utc_offset=utc_offset_minutes/> };
    view! {
        <section class="card list">
            <div class="scroll" tabindex="0" role="region" aria-label=text!(gym.members)>
                <table class="table" data-test="members">
                    <MemberTableHead/>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <PageLinks text total page pages/>
        </section>
    }
    .into_any()
}

#[component]
fn NoMembers(total: i64, has_text: bool) -> impl IntoView {
    view! {
        <div class="card">
            <Empty
                title=move || sentences::no_members(total, has_text)
                text=move || sentences::no_members_note(total, has_text)
            >
                <a class="button" href="/gym/members">
                    {text!(gym.show_all_members)}
                </a>
            </Empty>
        </div>
    }
}

#[component]
fn MemberTableHead() -> impl IntoView {
    view! {
        <thead>
            <tr>
                <th scope="col">{text!(gym.name)}</th>
                <th scope="col">{text!(gym.number)}</th>
                <th scope="col" class="wide-only">
                    {text!(gym.contact)}
                </th>
                <th scope="col" class="wide-only">
                    {text!(gym.plan)}
                </th>
                <th scope="col" class="wide-only">
                    {text!(gym.member_since)}
                </th>
                <th scope="col" class="row-end">
                    {text!(gym.state)}
                </th>
            </tr>
        </thead>
    }
}

#[component]
fn MemberTableRow(row: MemberRow, presence: MemberPresence, utc_offset: i32) -> impl IntoView {
    let MemberRow { member, membership, standing, in_since, joined_at, phone, email, .. } = row;
    let since = Memo::new(move |_| presence.in_since(member.id, in_since));
    let mark = move || {
        let since = since.get()?;
        Some(view! { <Badge tone=Tone::Good text=move || sentences::in_since(since, utc_offset)/> })
    };
    let contact = [phone, email].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let plan = move || membership.as_ref().map(sentences::plan).unwrap_or_default();
    view! {
        <tr class="row">
            <td>
                <span class="row-strong">{member.full_name}</span>
                " "
                {mark}
            </td>
            <td class="number">{member.number}</td>
            <td class="muted wide-only">{contact}</td>
            <td class="muted wide-only">{plan}</td>
            <td class="muted number wide-only">{move || format::date(joined_at, utc_offset)}</td>
            <td class="row-end">
                <Badge tone=standing_tone(standing) text=move || sentences::standing(standing)/>
            </td>
        </tr>
    }
}

#[component]
fn PageLinks(text: String, total: i64, page: u32, pages: u32) -> impl IntoView {
    let before = (page > 1).then(|| {
        view! {
            <a class="button" href=ListQuery::address(&text, page - 1) rel="prev">
                <Icon shape=IconShape::CHEVRON_LEFT/>
                {text!(gym.previous)}
            </a>
        }
    });
    let after = (page < pages).then(|| {
        view! {
            <a class="button" href=ListQuery::address(&text, page + 1) rel="next">
                {text!(gym.next)}
                <Icon shape=IconShape::CHEVRON_RIGHT/>
            </a>
        }
    });
    view! {
        <nav class="pages" aria-label=text!(gym.pages_of_list)>
            {before}
            <span class="muted number">{move || sentences::page_of(total, page, pages)}</span>
            {after}
        </nav>
    }
}
