//! The new number, large, to copy or print.

use crate::{
    browser::use_browser,
    gym::sentences,
    ui::{Icon, IconShape},
};
use leptos::prelude::*;
use protocol::http::MemberRow;
use texts::text;

/// The card that follows the form.
#[component]
pub(crate) fn NewNumber(
    /// The new record.
    row: MemberRow,
    /// Puts the card away.
    close: Callback<()>,
) -> impl IntoView {
    let browser = use_browser();
    // Whether the number was copied; `None` before that was tried.
    let copied = RwSignal::new(None);
    let number = row.member.number.clone();
    let copy = move |_| copied.set(browser.with(|browser| browser.copy(&number)));
    view! {
        <section class="card new-number" role="status">
            <p class="muted">{text!(gym.new_member)}</p>
            <h2>{row.member.full_name}</h2>
            <p class="new-number-code">{row.member.number}</p>
            <p class="muted">{text!(gym.one_number)}</p>
            <div class="new-number-acts">
                <button type="button" class="button button-primary" on:click=copy>
                    <Icon shape=IconShape::COPY/>
                    {move || sentences::copy_number(copied.get())}
                </button>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        _ = window().print();
                    }
                >
                    <Icon shape=IconShape::PRINTER/>
                    {text!(gym.print)}
                </button>
                <button type="button" class="button button-quiet" on:click=move |_| close.run(())>
                    {text!(gym.done)}
                </button>
            </div>
        </section>
    }
}
