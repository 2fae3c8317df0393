//! The page for a role that may not enter.

use super::sentences;
use crate::{
    response::respond_status,
    ui::{Icon, IconShape},
};
use leptos::prelude::*;
use leptos_meta::Title;
use protocol::account::Role;
use texts::text;

/// Says which role one has and what to do about it, with status 403.
#[component]
pub(crate) fn Forbidden(
    /// The role that is not enough.
    role: Role,
) -> impl IntoView {
    respond_status(403);
    let is_player = role == Role::Player;
    let way_out = if is_player { "/guitar" } else { "/gym" };
    view! {
        <Title text=text!(gym.forbidden)/>
        <section class="notice">
            <Icon shape=IconShape::CIRCLE_ALERT/>
            <h1>{text!(gym.forbidden_title)}</h1>
            <p>{move || sentences::signed_in_as(role)} " " {move || sentences::forbidden_note(is_player)}</p>
            <p class="notice-actions">
                <a
                    class="button button-primary"
                    href=way_out
                    rel=is_player.then_some("external")
                >
                    {move || sentences::forbidden_way_out(is_player)}
                </a>
                <a class="button" href="/gym/sign-in" rel="external">
                    {text!(gym.sign_in_as_other)}
                </a>
            </p>
        </section>
    }
}
