//! The start page: what Cadence is, and the ways in.

use crate::ui::{Brand, Icon, IconName, LanguageSwitch};
use leptos::prelude::*;
use leptos_meta::Title;
use texts::words;

/// The page.
#[component]
pub fn Landing() -> impl IntoView {
    view! {
        <Title text=""/>
        <div class="landing">
            <header class="landing-bar">
                <Brand/>
                <nav aria-label=move || words!(shared.pages)>
                    <a class="button button-quiet" href="/practice">
                        {move || words!(landing.practice)}
                    </a>
                    <a class="button button-quiet" href="/gym/sign-in" rel="external">
                        {move || words!(landing.staff_sign_in)}
                    </a>
                    <LanguageSwitch/>
                </nav>
            </header>
            <main class="landing-main">
                <h1>{move || words!(landing.heading)}</h1>
                <p class="landing-lead">
                    {move || words!(landing.lead)}
                </p>
                <div class="ways-in">
                    <section class="card way-in" data-product="guitar">
                        <span class="way-icon">
                            <Icon name=IconName::Guitar/>
                        </span>
                        <h2>"VirtuTune"</h2>
                        <p>
                            {move || words!(landing.guitar_text)}
                        </p>
                        <a class="button button-primary button-large" href="/guitar">
                            {move || words!(landing.open_guitar)}
                        </a>
                        <a class="button button-large enter-code" href="/play" rel="external">
                            {move || words!(landing.enter_code)}
                        </a>
                    </section>
                    <section class="card way-in" data-product="gym">
                        <span class="way-icon">
                            <Icon name=IconName::ScanBarcode/>
                        </span>
                        <h2>"AV-Gym"</h2>
                        <p>
                            {move || words!(landing.gym_text)}
                        </p>
                        <a class="button button-primary button-large" href="/gym" rel="external">
                            {move || words!(landing.open_gym)}
                        </a>
                    </section>
                </div>
                <section class="steps" aria-label=move || words!(landing.how)>
                    <h2 class="label">{move || words!(landing.how)}</h2>
                    <ol>
                        <li>
                            <strong>{move || words!(landing.step1)}</strong>
                            " "
                            {move || words!(landing.step1_more)}
                        </li>
                        <li>
                            <strong>{move || words!(landing.step2)}</strong>
                            " "
                            {move || words!(landing.step2_more)}
                        </li>
                        <li>
                            <strong>{move || words!(landing.step3)}</strong>
                            " "
                            {move || words!(landing.step3_more)}
                        </li>
                    </ol>
                </section>
            </main>
        </div>
    }
}
