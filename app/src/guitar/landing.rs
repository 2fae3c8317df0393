//! The start page: what Cadence is, and the ways in.

use crate::ui::{Brand, Icon, IconShape, LanguageSwitch};
use leptos::prelude::*;
use leptos_meta::Title;
use texts::text;

/// The page.
#[component]
pub(crate) fn Landing() -> impl IntoView {
    view! {
        <Title text=""/>
        <div class="landing">
            <header class="landing-bar">
                <Brand/>
                <nav aria-label=text!(shared.pages)>
                    <a class="button button-quiet" href="/practice">
                        {text!(landing.practice)}
                    </a>
                    <a class="button button-quiet" href="/gym/sign-in" rel="external">
                        {text!(landing.staff_sign_in)}
                    </a>
                    <LanguageSwitch/>
                </nav>
            </header>
            <main class="landing-main">
                <h1>{text!(landing.heading)}</h1>
                <p class="landing-lead">
                    {text!(landing.lead)}
                </p>
                <div class="ways-in">
                    <section class="card way-in" data-product="guitar">
                        <span class="way-icon">
                            <Icon shape=IconShape::GUITAR/>
                        </span>
                        <h2>"VirtuTune"</h2>
                        <p>
                            {text!(landing.guitar_text)}
                        </p>
                        <a class="button button-primary button-large" href="/guitar">
                            {text!(landing.open_guitar)}
                        </a>
                        <a class="button button-large enter-code" href="/play" rel="external">
                            {text!(landing.enter_code)}
                        </a>
                    </section>
                    <section class="card way-in" data-product="gym">
                        <span class="way-icon">
                            <Icon shape=IconShape::SCAN_BARCODE/>
                        </span>
                        <h2>"AV-Gym"</h2>
                        <p>
                            {text!(landing.gym_text)}
                        </p>
                        <a class="button button-primary button-large" href="/gym" rel="external">
                            {text!(landing.open_gym)}
                        </a>
                    </section>
                </div>
                <section class="steps" aria-label=text!(landing.how)>
                    <h2 class="label">{text!(landing.how)}</h2>
                    <ol>
                        <li>
                            <strong>{text!(landing.step1)}</strong>
                            " "
                            {text!(landing.step1_more)}
                        </li>
                        <li>
                            <strong>{text!(landing.step2)}</strong>
                            " "
                            {text!(landing.step2_more)}
                        </li>
                        <li>
                            <strong>{text!(landing.step3)}</strong>
                            " "
                            {text!(landing.step3_more)}
                        </li>
                    </ol>
                </section>
            </main>
        </div>
    }
}
