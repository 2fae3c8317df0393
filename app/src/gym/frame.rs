//! The gym's frame: sidebar (a bottom bar on a phone) and the page.

use super::{
    desk::{desk_state::provide_desk, missed::MissedNote},
    gate::SignedInResource,
};
use crate::{
    backend::{sign_out, who},
    browser::use_browser,
    ui::{Avatar, Brand, Icon, IconShape, LanguageSwitch, ThemeSwitch, role_words},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::{A, Outlet};
use protocol::{
    account::{Permission, Role},
    http::SignedIn,
};
use texts::{text, words};

/// The frame around the gym's pages; the page itself is the router's outlet.
#[component]
pub(crate) fn GymFrame() -> impl IntoView {
    let signed_in = Resource::new(|| (), |()| who());
    provide_context(SignedInResource(signed_in));
    let desk = provide_desk();
    let sidebar = move || {
        Suspend::new(async move {
            let user = signed_in.await.ok().flatten();
            user.map(|user| view! { <Sidebar user/> })
        })
    };
    view! {
        <div class="gym">
            <a class="skip" href="#content" rel="external">
                {text!(gym.skip_to_page)}
            </a>
            <aside class="side">
                <a class="side-brand" href="/gym">
                    <Brand/>
                    <span class="sr-only">" " {text!(gym.brand_link)}</span>
                </a>
                <Suspense fallback=|| view! { <div class="side-wait"></div> }>{sidebar}</Suspense>
            </aside>
            <main class="content" id="content">
                <MissedNote desk/>
                <Outlet/>
            </main>
        </div>
    }
}

/// The links to the pages of this role, the theme, and who is signed in.
#[component]
fn Sidebar(user: SignedIn) -> impl IntoView {
    view! {
        <PageNavigation role=user.role/>
        <div class="me">
            <ThemeSwitch/>
            <LanguageSwitch/>
            <AccountPart user/>
        </div>
    }
}

#[component]
fn PageNavigation(role: Role) -> impl IntoView {
    let link = move |href: &'static str, icon, name: fn() -> &'static str, needs| {
        role.may(needs).then(|| {
            view! {
                <li>
                    <A href exact=true attr:class="way">
                        <Icon shape=icon/>
                        <span>{name}</span>
                    </A>
                </li>
            }
        })
    };
    view! {
        <nav class="ways" aria-label=text!(shared.pages)>
            <ul>
                {link("/gym", IconShape::LAYOUT_DASHBOARD, text!(gym.dashboard), Permission::SeeGym)}
                {link("/gym/desk", IconShape::SCAN_BARCODE, text!(gym.desk_title), Permission::UseDesk)}
                {link("/gym/members", IconShape::USERS, text!(gym.members), Permission::SeeMembers)}
            </ul>
        </nav>
    }
}

/// Name and role of who is signed in, and the way out.
#[component]
fn AccountPart(user: SignedIn) -> impl IntoView {
    let browser = use_browser();
    let has_failed = RwSignal::new(false);
    let leave = move |_| {
        let browser = browser.clone();
        spawn_local(async move {
            if sign_out().await.is_err() {
                return has_failed.set(true);
            }
            browser.with(|browser| browser.announce_sign_in());
            _ = window().location().set_href("/gym/sign-in");
        });
    };
    let role = user.role;
    view! {
        <div class="me-who">
            <Avatar name=user.name.clone()/>
            <span class="me-text">
                <span class="me-name">{user.name}</span>
                <span class="me-role">{move || role_words(role)}</span>
            </span>
            <button
                type="button"
                class="icon-button"
                aria-label=text!(gym.sign_out)
                title=text!(gym.sign_out)
                on:click=leave
            >
                <Icon shape=IconShape::LOG_OUT/>
            </button>
        </div>
        <p class="me-error" role="alert">
            {move || has_failed.get().then(|| words!(gym.sign_out_failed))}
        </p>
    }
}
