//! Who is in the session, and the host's word about each.

use crate::guitar::performance::Performance;
use leptos::prelude::*;
use protocol::{
    account::Role,
    guitar::{Participant, Presence},
};
use uuid::Uuid;

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
        let user = phone.user_id;
        let now = Memo::new(move |_| {
            phones.with(|phones| phones.iter().find(|p| p.user_id == user).cloned())
        });
        view! { <Player performance user phone=now/> }
    };
    view! {
        <Show when=move || phones.with(|phones| !phones.is_empty())>
            <section class="card players" aria-label="Players">
                <h2 class="label">"Players"</h2>
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
    user: Uuid,
    /// How it is now; `None` for a moment before the row goes.
    phone: Memo<Option<Participant>>,
) -> impl IntoView {
    let role = Memo::new(move |_| phone.with(|phone| phone.as_ref().map(|phone| phone.role)));
    let waits = move || role.get() == Some(Role::Waiting);
    let letter = move || if waits() { "?" } else { role.get().map_or("", |r| &r.label()[..1]) };
    let title = move || match role.get() {
        Some(Role::Waiting) => "Allow this phone?",
        Some(role) => role.label(),
        None => "",
    };
    let presence = move || phone.with(|phone| phone.as_ref().map(presence).unwrap_or_default());
    let act = move |word: Word| {
        let (text, class) = word.face();
        let say = move |_| match word {
            Word::Play => performance.allow(user, Role::Performer),
            Word::Watch => performance.allow(user, Role::Spectator),
            Word::Remove => performance.remove(user),
        };
        view! {
            <button type="button" class=class on:click=say>
                {text}
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
                {move || words(role.get()).iter().copied().map(act).collect_view()}
            </span>
        </li>
    }
}

/// What the host can say about a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Play,
    Watch,
    Remove,
}

impl Word {
    fn face(self) -> (&'static str, &'static str) {
        match self {
            Self::Play => ("Allow", "button button-small button-primary"),
            Self::Watch => ("Watch only", "button button-small"),
            Self::Remove => ("Remove", "button button-small button-quiet"),
        }
    }
}

fn words(role: Option<Role>) -> &'static [Word] {
    match role {
        Some(Role::Waiting) => &[Word::Play, Word::Watch, Word::Remove],
        Some(Role::Spectator) => &[Word::Play, Word::Remove],
        Some(_) => &[Word::Remove],
        None => &[],
    }
}

fn presence(phone: &Participant) -> String {
    match (phone.status, phone.role) {
        (Presence::Connected, Role::Waiting) => format!("{} · typed the code", phone.device),
        (Presence::Connected, _) => format!("{} · here", phone.device),
        (Presence::Away, _) => "Phone asleep, waiting".to_owned(),
        (Presence::Disconnected, _) => format!("{} · gone", phone.device),
    }
}
