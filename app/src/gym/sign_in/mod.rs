//! Sign-in for the gym's staff.

use crate::{
    backend::{Failure, sign_in},
    browser::{SIGN_IN_KEY, use_browser},
    link::use_link,
    ui::{Brand, Icon, IconName, LanguageSwitch, use_ready, use_tick},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use logic::text;
use protocol::{ErrorBody, http::LoginRequest};

const HOME: &str = "/gym";

/// `/gym/sign-in?next=…`
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <main class="lone">
            <Brand product="AV-Gym"/>
            <section class="card sign-in">
                <h1>"Sign in"</h1>
                <p class="muted">
                    "For the people who run the gym: the live dashboard, the check-in desk and the members."
                </p>
                <SignInForm/>
            </section>
            <p class="faint">
                "Here for the guitar? " <a href="/guitar" rel="external">"No sign-in is needed to play."</a>
            </p>
            <LanguageSwitch/>
        </main>
    }
}

#[component]
fn SignInForm() -> impl IntoView {
    let query = use_query_map();
    let browser = use_browser();
    let link = use_link();
    let ready = use_ready();
    let tick = use_tick(1_000);
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let visible = RwSignal::new(false);
    let pending = RwSignal::new(false);
    let error = RwSignal::new(None::<ErrorBody>);
    let wait_until = RwSignal::new(None::<i64>);
    Effect::new(move |_| {
        let listener = window_event_listener(ev::storage, move |event| {
            if event.key().as_deref() == Some(SIGN_IN_KEY) {
                // Another tab signed in: this one goes where it was asked to go.
                let next = query.with_untracked(|query| next(query.get_str("next")));
                _ = window().location().set_href(&next);
            }
        });
        on_cleanup(move || listener.remove());
    });
    let clock = link.clone();
    let wait = Memo::new(move |_| {
        tick.track();
        let left = wait_until.get()? - clock.monotonic_now();
        (left > 0).then(|| text::seconds_left(left))
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (Some(email), Some(password)) = (email.get_untracked(), password.get_untracked())
        else {
            return;
        };
        if pending.get_untracked() || wait.get_untracked().is_some() {
            return;
        }
        let request = LoginRequest { email: email.value(), password: password.value() };
        if request.email.trim().is_empty() || request.password.is_empty() {
            error.set(Some(ErrorBody::field(
                if request.email.trim().is_empty() { "email" } else { "password" },
                "Please fill in both fields.",
            )));
            return;
        }
        pending.set(true);
        error.set(None);
        let next = query.with_untracked(|query| next(query.get_str("next")));
        let (browser, link) = (browser.clone(), link.clone());
        spawn_local(async move {
            match sign_in(request).await {
                // A whole load, so that cookies and the server's pages agree.
                Ok(_) => {
                    browser.with(|browser| browser.announce_sign_in());
                    _ = window().location().set_href(&next);
                }
                Err(Failure(body)) => {
                    let wait = body.retry_after_ms.map(|ms| link.monotonic_now() + ms as i64);
                    wait_until.set(wait);
                    error.set(Some(body));
                    pending.set(false);
                }
            }
        });
    };
    let wrong = move |field: &'static str| {
        move || {
            let about = |error: &ErrorBody| error.field.as_deref() == Some(field);
            error.with(|error| error.as_ref().is_some_and(about)).then_some("true")
        }
    };
    let message = move || {
        let error = error.get()?;
        let sentence = match wait.get() {
            Some(seconds) => format!("{} Try again in {seconds} s.", without_wait(&error.message)),
            None if error.retry_after_ms.is_some() => "You can try again now.".to_owned(),
            None => error.message,
        };
        Some(view! {
            <Icon name=IconName::CircleAlert/>
            <span>{sentence}</span>
        })
    };
    let button = move || match (pending.get(), wait.get()) {
        (true, _) => "Signing in…".to_owned(),
        (false, Some(seconds)) => format!("Wait {seconds} s"),
        (false, None) => "Sign in".to_owned(),
    };
    view! {
        // `post`, so that a submit before hydration cannot put the password into the address.
        <form class="sign-in-form" method="post" on:submit=submit novalidate>
            <div class="field">
                <label for="email">"E-mail"</label>
                <input
                    class="input"
                    id="email"
                    name="email"
                    type="email"
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus
                    aria-describedby="sign-in-error"
                    aria-invalid=wrong("email")
                    node_ref=email
                />
            </div>
            <div class="field">
                <label for="password">"Password"</label>
                <div class="input-with-button">
                    <input
                        class="input"
                        id="password"
                        name="password"
                        type=move || if visible.get() { "text" } else { "password" }
                        autocomplete="current-password"
                        required
                        aria-describedby="sign-in-error"
                        aria-invalid=wrong("password")
                        node_ref=password
                    />
                    <button
                        type="button"
                        class="icon-button"
                        aria-label="Show the password"
                        aria-pressed=move || visible.get().to_string()
                        on:click=move |_| visible.update(|visible| *visible = !*visible)
                    >
                        <Icon name=Signal::derive(move || {
                            if visible.get() { IconName::EyeOff } else { IconName::Eye }
                        })/>
                    </button>
                </div>
            </div>
            <p class="field-error" id="sign-in-error" role="alert">
                {message}
            </p>
            <button
                type="submit"
                class="button button-primary"
                disabled=move || !ready.get() || pending.get() || wait.get().is_some()
            >
                {button}
            </button>
        </form>
    }
}

/// A refusal without its own "Try again in 13 seconds.": the form counts them down itself.
fn without_wait(message: &str) -> &str {
    message.split(" Try again").next().unwrap_or(message)
}

/// Where to go after signing in: a path of this site, never another one.
fn next(wanted: Option<&str>) -> String {
    let local = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/gym/sign-in")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    };
    wanted.filter(local).unwrap_or(HOME).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_told_once() {
        let refusal = "Too many tries to sign in. Try again in 13 seconds.";
        assert_eq!(without_wait(refusal), "Too many tries to sign in.");
        assert_eq!(without_wait("E-mail or password are wrong."), "E-mail or password are wrong.");
    }

    #[test]
    fn after_signing_in_one_comes_back_to_a_page_of_this_site_only() {
        assert_eq!(next(Some("/gym/desk?q=ta")), "/gym/desk?q=ta");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "gym", ""] {
            assert_eq!(next(Some(foreign)), HOME, "{foreign}");
        }
        assert_eq!(next(Some("/\t/evil.example")), HOME);
        assert_eq!(next(Some("/gym/sign-in?next=/gym")), HOME, "no way in circles");
        assert_eq!(next(None), HOME);
    }
}
