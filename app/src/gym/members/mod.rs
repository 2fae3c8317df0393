//! The list of members: search and page in the address, who is in, and the way to a new one.
//!
//! - [`search_field`], [`member_list`]: its parts; [`list_query`]: what the address asks for
//! - [`presence`]: who is in, by the link
//! - [`new_member`]: the form for a new member

pub(crate) mod list_query;
pub(crate) mod member_list;
pub(crate) mod new_member;
pub(crate) mod presence;
pub(crate) mod search_field;

use self::{
    list_query::{ListQuery, use_list_query},
    member_list::MemberList,
    new_member::{NewMemberForm, NewNumber},
    presence::use_presence,
    search_field::SearchField,
};
use super::{gate::PageGate, page_head::PageHead};
use crate::{
    backend::members,
    ui::{ErrorCard, Icon, IconShape, Loading},
};
use leptos::prelude::*;
use protocol::{
    account::{Permission, Role},
    http::MemberRow,
};
use texts::text;

/// `/gym/members?q=…&page=…`
#[component]
pub(crate) fn Members() -> impl IntoView {
    let gate = PageGate::of(Permission::SeeMembers);
    let page = move || {
        let gate = gate.clone();
        Suspend::new(async move {
            match gate.pass().await {
                Ok(user) => view! { <MembersPage role=user.role/> }.into_any(),
                Err(instead) => instead,
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Loading rows=8/> }>{page}</Suspense> }
}

/// What stands above the list.
#[derive(Debug, Clone, PartialEq)]
enum NewMemberStep {
    Closed,
    Form,
    Created(Box<MemberRow>),
}

#[component]
fn MembersPage(role: Role) -> impl IntoView {
    let wanted = use_list_query();
    let found = Resource::new(move || wanted.get(), |ListQuery { text, page }| members(text, page));
    let step = RwSignal::new(NewMemberStep::Closed);
    let presence = use_presence();
    let list = move || {
        Suspend::new(async move {
            match found.await {
                Ok(page) => {
                    let text = wanted.with_untracked(|wanted| wanted.text.clone());
                    view! { <MemberList page text presence/> }.into_any()
                }
                Err(failure) => view! {
                    <ErrorCard
                        title=text!(gym.members_failed)
                        failure
                        retry=Callback::new(move |()| found.refetch())
                    />
                }
                .into_any(),
            }
        })
    };
    let open_form = move |_| {
        // An open form keeps what was typed.
        if step.get_untracked() != NewMemberStep::Form {
            step.set(NewMemberStep::Form);
        }
    };
    let add = role.may(Permission::EditMembers).then(|| {
        view! {
            <button type="button" class="button button-primary" on:click=open_form>
                <Icon shape=IconShape::USER_PLUS/>
                {text!(gym.new_member)}
            </button>
        }
    });
    view! {
        <PageHead title=text!(gym.members) live=true>
            {add}
        </PageHead>
        <div class="page-body">
            <NewMemberPart step refresh=Callback::new(move |()| found.refetch())/>
            <SearchField wanted/>
            <Transition fallback=|| view! { <Loading rows=8/> }>{list}</Transition>
        </div>
    }
}

/// The form for a new member, and then the number that it brought.
#[component]
fn NewMemberPart(
    step: RwSignal<NewMemberStep>,
    /// Fetches the list again.
    refresh: Callback<()>,
) -> impl IntoView {
    let close = Callback::new(move |()| step.set(NewMemberStep::Closed));
    let created = Callback::new(move |row: MemberRow| {
        step.set(NewMemberStep::Created(Box::new(row)));
        refresh.run(());
    });
    move || match step.get() {
        NewMemberStep::Closed => ().into_any(),
        NewMemberStep::Form => view! { <NewMemberForm created close/> }.into_any(),
        NewMemberStep::Created(row) => view! { <NewNumber row=*row close/> }.into_any(),
    }
}
