//! The start page: what Cadence is, and the ways in.

use crate::ui::{Brand, Icon, IconName};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Landing() -> impl IntoView {
    view! {
        <Title text=""/>
        <div class="landing">
            <header class="landing-bar">
                <Brand/>
                <nav aria-label="Pages">
                    <a class="button button-quiet" href="/practice">
                        "Practice"
                    </a>
                    <a class="button button-quiet" href="/gym/sign-in" rel="external">
                        "Staff sign-in"
                    </a>
                </nav>
            </header>
            <main class="landing-main">
                <h1>"Two screens that move together"</h1>
                <p class="landing-lead">
                    "A phone and a PC become a guitar. A desk and its dashboards become one gym. "
                    "What happens on one screen is on the other before you look up."
                </p>
                <div class="ways-in">
                    <section class="card way-in" data-product="guitar">
                        <span class="way-icon">
                            <Icon name=IconName::Guitar/>
                        </span>
                        <h2>"VirtuTune"</h2>
                        <p>
                            "Hold chords on your phone, strum, and hear them on the PC. Practice is "
                            "timed and kept. No account needed."
                        </p>
                        <a class="button button-primary button-large" href="/guitar">
                            "Open the guitar"
                        </a>
                        <a class="button button-large enter-code" href="/play" rel="external">
                            "Enter a code"
                        </a>
                    </section>
                    <section class="card way-in" data-product="gym">
                        <span class="way-icon">
                            <Icon name=IconName::ScanBarcode/>
                        </span>
                        <h2>"AV-Gym"</h2>
                        <p>
                            "Check members in at the desk. Every dashboard shows it at that moment, "
                            "and its numbers are the database’s."
                        </p>
                        <a class="button button-primary button-large" href="/gym" rel="external">
                            "Open the gym"
                        </a>
                    </section>
                </div>
                <section class="steps" aria-label="How the guitar works">
                    <h2 class="label">"How the guitar works"</h2>
                    <ol>
                        <li>
                            <strong>"Open the guitar on a PC."</strong>
                            " It plays at once, also by keyboard and mouse."
                        </li>
                        <li>
                            <strong>"Scan its code with a phone."</strong>
                            " The phone becomes the left hand; nothing to install."
                        </li>
                        <li>
                            <strong>"Touch a chord, swipe to strum."</strong>
                            " The PC sounds it; lock the phone and nothing is lost."
                        </li>
                    </ol>
                </section>
            </main>
        </div>
    }
}
