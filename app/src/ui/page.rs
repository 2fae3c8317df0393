//! The gym's frame: sidebar (a bottom bar on a phone), header, and the gate before each page.

use crate::{
    backend::{Failure, sign_out, who},
    browser::use_browser,
    gym::{entry::provide_desk, missed::MissedNote},
    shell::use_respond,
    ui::{Avatar, Brand, ErrorCard, Icon, IconName, LinkChip, ThemeSwitch, forbidden::Forbidden},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::{A, Outlet, Redirect},
    hooks::use_location,
    location::Url,
};
use protocol::{account::Permission, http::SignedIn};

/// Who is signed in, asked once for all pages of the gym.
#[derive(Clone, Copy)]
struct Who(Resource<Result<Option<SignedIn>, Failure>>);

/// The frame around the gym's pages; the page itself is the router's outlet.
#[component]
pub fn GymPage() -> impl IntoView {
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

/// A page's title, a word beside it, and its actions; the connection's chip where the page is
/// live.
#[component]
pub fn PageHead(
    /// The title, also of the document.
    #[prop(into)]
    title: String,
    /// A word beside the title.
    #[prop(into, default = Signal::stored(String::new()))]
    note: Signal<String>,
    /// Whether the page shows the connection.
    #[prop(optional)]
    live: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <h1>{title}</h1>
            <span class="page-note">{move || note.get()}</span>
            <div class="page-actions">
                {live.then(|| view! { <LinkChip/> })}
                {children.map(|children| children())}
            </div>
        </header>
    }
}

/// Where to sign in so as to come back to a page.
pub(super) fn sign_in_address(path: &str, search: &str) -> String {
    let here = match search.trim_start_matches('?') {
        "" => path.to_owned(),
        search => format!("{path}?{search}"),
    };
    format!("/gym/sign-in?next={}", Url::escape(&here))
}

/// Who may enter a page. Make it with [`Gate::of`] in the page's body, where the request and the
/// address are at hand, and ask it inside the page's `Suspend`.
#[derive(Clone)]
pub struct Gate {
    who: Option<Who>,
    needs: Permission,
    sign_in: String,
    respond: Option<crate::shell::SharedRespond>,
}

impl Gate {
    /// The gate of the page at the present address.
    pub fn of(needs: Permission) -> Self {
        let location = use_location();
        let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
        Self {
            who: use_context::<Who>(),
            needs,
            sign_in: sign_in_address(&path, &search),
            respond: use_respond(),
        }
    }

    /// Who came in, or what to show instead of the page.
    pub async fn pass(self) -> Result<SignedIn, AnyView> {
        let answer = match self.who {
            Some(Who(who)) => who.await,
            None => who().await,
        };
        match answer {
            Ok(Some(user)) if user.role.may(self.needs) => Ok(user),
            Ok(Some(user)) => Err(view! { <Forbidden role=user.role/> }.into_any()),
            Ok(None) => Err(self.to_sign_in()),
            Err(failure) => Err(view! {
                <ErrorCard title="The page could not be opened" failure/>
            }
            .into_any()),
        }
    }

    /// Sends whoever is not signed in to sign in, and back here afterwards.
    pub fn to_sign_in(self) -> AnyView {
        match self.respond {
            Some(respond) => {
                respond.redirect(&self.sign_in);
                ().into_any()
            }
            None => {
                let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
                view! { <Redirect path=self.sign_in options/> }.into_any()
            }
        }
    }
}
