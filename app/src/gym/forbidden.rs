//! The page for a role that may not enter.

use crate::{
    response::respond_status,
    ui::{Icon, IconName},
};
use leptos::prelude::*;
use leptos_meta::Title;
use protocol::account::Role;

/// Says which role one has and what to do about it, with status 403.
#[component]
pub fn Forbidden(
    /// The role that is not enough.
    role: Role,
) -> impl IntoView {
    respond_status(403);
    let (way_out, href, name) = match role {
        Role::Player => (
            "This account keeps guitar practice and has no part in the gym.",
            "/guitar",
            "Open the guitar",
        ),
        _ => ("A manager or admin can give you a role that may.", "/gym", "Open the dashboard"),
    };
    view! {
        <Title text="Not allowed"/>
        <section class="notice">
            <Icon name=IconName::CircleAlert/>
            <h1>"Your role does not open this page"</h1>
            <p>"You are signed in as " <b>{role.label()}</b> ". " {way_out}</p>
            <p class="notice-actions">
                <a class="button button-primary" href=href>{name}</a>
                <a class="button" href="/gym/sign-in" rel="external">"Sign in as somebody else"</a>
            </p>
        </section>
    }
}
