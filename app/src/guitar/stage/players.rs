//! Who is in the session, and the host's word about each.

use crate::{
    guitar::{controller::DEVICE, performance::Performance},
    ui::role_words,
};
use leptos::prelude::*;
use protocol::{
    ParticipantId,
    account::Role,
    guitar::{Participant, Presence},
};
use texts::{text, words};

/// The phones of the session; nothing while there are none.
#[component]
pub(super) fn Players(performance: Performance) -> impl IntoView {
    let state = performance.state;
    let phones = Memo::new(move |_| {
        state.with(|state| {
            let mut phones: Vec<Participant> =
                state.participants.iter().filter(|p| p.role != Role::Host).cloned().collect();
            // Whoever waits for a word comes first.
            phones.sort_by_key(|p| p.role != Role::Waiting);
            phones
        })
    });
    let id = |phone: &Participant| phone.user_id;
    let row = move |phone: Participant| {
        let seat = phone.user_id;
        let now = Memo::new(move |_| {
            phones.with(|phones| phones.iter().find(|p| p.user_id == seat).cloned())
        });
        view! { <Player performance participant=seat.phone_id() phone=now/> }
    };
    view! {
        <Show when=move || phones.with(|phones| !phones.is_empty())>
            <section class="card players" aria-label=text!(guitar.players)>
                <h2 class="label">{text!(guitar.players)}</h2>
                <ul>
                    <For each=move || phones.get() key=id children=row/>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn Player(
    performance: Performance,
    participant: ParticipantId,
    /// How it is now; `None` for a moment before the row goes.
    phone: Memo<Option<Participant>>,
) -> impl IntoView {
    let role = Memo::new(move |_| phone.with(|phone| phone.as_ref().map(|phone| phone.role)));
    let waits = move || role.get() == Some(Role::Waiting);
    let letter = move || match role.get() {
        Some(Role::Waiting) => "?".to_owned(),
        Some(role) => role_words(role).chars().take(1).collect(),
        None => String::new(),
    };
    let title = move || match role.get() {
        Some(Role::Waiting) => words!(guitar.allow_question),
        Some(role) => role_words(role),
        None => "",
    };
    let presence = move || phone.with(|phone| phone.as_ref().map(presence).unwrap_or_default());
    let act = move |decision: Decision| {
        let say = move |_| match decision {
            Decision::Play => performance.allow(participant, Role::Performer),
            Decision::Watch => performance.allow(participant, Role::Spectator),
            Decision::Remove => performance.remove(participant),
        };
        view! {
            <button type="button" class=decision.class() on:click=say>
                {move || decision.label()}
            </button>
        }
    };
    view! {
        <li class="player" class:player-waits=waits data-role=move || role.get().map(Role::name)>
            <span class="avatar" aria-hidden="true">
                {letter}
            </span>
            <span class="player-words">
                <span class="player-title">{title}</span>
                <span class="player-presence">{presence}</span>
            </span>
            <span class="player-acts">
                {move || decisions(role.get()).iter().copied().map(act).collect_view()}
            </span>
        </li>
    }
}

/// What the host can decide about a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Play,
    Watch,
    Remove,
}

impl Decision {
    fn label(self) -> &'static str {
        match self {
            Self::Play => words!(guitar.allow),
            Self::Watch => words!(guitar.watch_only),
            Self::Remove => words!(guitar.remove),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Play => "button button-small button-primary",
            Self::Watch => "button button-small",
            Self::Remove => "button button-small button-quiet",
        }
    }
}

fn decisions(role: Option<Role>) -> &'static [Decision] {
    match role {
        Some(Role::Waiting) => &[Decision::Play, Decision::Watch, Decision::Remove],
        Some(Role::Spectator) => &[Decision::Play, Decision::Remove],
        Some(_) => &[Decision::Remove],
        None => &[],
    }
}

fn presence(phone: &Participant) -> String {
    // What our own controller calls itself; other clients name themselves.
    let device = match phone.device.as_str() {
        DEVICE => words!(guitar.device_phone).to_owned(),
        other => other.to_owned(),
    };
    match (phone.status, phone.role) {
        (Presence::Connected, Role::Waiting) => words!(guitar.typed_code, device = device),
        (Presence::Connected, _) => words!(guitar.is_here, device = device),
        (Presence::Away, _) => words!(guitar.phone_asleep).to_owned(),
        (Presence::Disconnected, _) => words!(guitar.is_gone, device = device),
    }
}
