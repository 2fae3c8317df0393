//! The gym's frame: sidebar (a bottom bar on a phone) and the page.

use super::{
    desk::{entries::provide_desk, missed::MissedNote},
    gate::Who,
};
use crate::{
    backend::{sign_out, who},
    browser::use_browser,
    ui::{Avatar, Brand, Icon, IconName, LanguageSwitch, ThemeSwitch},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::{A, Outlet};
use protocol::{account::Permission, http::SignedIn};

/// The frame around the gym's pages; the page itself is the router's outlet.
#[component]
pub fn GymFrame() -> impl IntoView {
    let who = Resource::new(|| (), |()| who());
    provide_context(Who(who));
    let desk = provide_desk();
    view! {
        <div class="gym">
            <a class="skip" href="#content" rel="external">
                "Skip to the page"
            </a>
            <aside class="side">
                <a class="side-brand" href="/gym" aria-label="Cadence, dashboard">
                    <Brand/>
                </a>
                <Suspense fallback=|| view! { <div class="side-wait"></div> }>
                    {move || Suspend::new(async move {
                        let user = who.await.ok().flatten();
                        user.map(|user| view! { <Sidebar user/> })
                    })}
                </Suspense>
            </aside>
            <main class="content" id="content">
                <MissedNote desk/>
                <Outlet/>
            </main>
        </div>
    }
}

/// The ways that this role may go, and who one is.
#[component]
fn Sidebar(user: SignedIn) -> impl IntoView {
    let browser = use_browser();
    let failed = RwSignal::new(false);
    let leave = move |_| {
        let browser = browser.clone();
        spawn_local(async move {
            if sign_out().await.is_err() {
                return failed.set(true);
            }
            browser.with(|browser| browser.announce_sign_in());
            _ = window().location().set_href("/gym/sign-in");
        });
    };
    let way = |href: &'static str, icon: IconName, name: &'static str, needs: Permission| {
        user.role.may(needs).then(|| {
            view! {
                <li>
                    <A href exact=true attr:class="way">
                        <Icon name=icon/>
                        <span>{name}</span>
                    </A>
                </li>
            }
        })
    };
    view! {
        <nav class="ways" aria-label="Pages">
            <ul>
                {way("/gym", IconName::LayoutDashboard, "Dashboard", Permission::SeeGym)}
                {way("/gym/desk", IconName::ScanBarcode, "Check-in desk", Permission::UseDesk)}
                {way("/gym/members", IconName::Users, "Members", Permission::SeeMembers)}
            </ul>
        </nav>
        <div class="me">
            <ThemeSwitch/>
            <LanguageSwitch/>
            <div class="me-who">
                <Avatar name=user.name.clone()/>
                <span class="me-text">
                    <span class="me-name">{user.name.clone()}</span>
                    <span class="me-role">{user.role.label()}</span>
                </span>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Sign out"
                    title="Sign out"
                    on:click=leave
                >
                    <Icon name=IconName::LogOut/>
                </button>
            </div>
            <p class="me-error" role="alert">
                {move || failed.get().then_some("Signing out did not reach the server. Try again.")}
            </p>
        </div>
    }
}
