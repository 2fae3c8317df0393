//! The check-in desk: scan or type, one answer in one card.
//!
//! - [`desk_state`]: the commands of this desk, whose answers `provide_desk` takes on every page of
//!   the gym; [`entry`]: one of them; [`recent`]: their list
//! - [`card`], [`search`], [`just_now`]: the parts of the page
//! - [`missed`]: what other pages show of the desk
//! - `sound_unlock`: the permission to sound, from the first key
//! - [`scanner_keys`]: the page's keys, of which `logic` decides whether they are a scan

pub(crate) mod card;
pub(crate) mod desk_state;
pub(crate) mod entry;
#[cfg(test)]
mod fixtures;
pub(crate) mod just_now;
pub(crate) mod missed;
pub(crate) mod recent;
pub(crate) mod scanner_keys;
pub(crate) mod search;
mod sound_unlock;

use self::{
    card::AnswerCard,
    desk_state::{DeskState, use_desk},
    just_now::{JustNow, Occupancy},
    scanner_keys::use_scanner,
    search::MemberSearch,
    sound_unlock::use_sound_unlock,
};
use super::{
    live::{LiveGym, use_live_gym},
    page_head::PageHead,
    snapshot_page::SnapshotPage,
    stale_note::StaleNote,
};
use crate::{
    link::use_link,
    ui::{Empty, Guarded, use_ready},
};
use leptos::{html, prelude::*};
use logic::link::Phase;
use protocol::{account::Permission, gym::GymSnapshot, http::AtPosition};
use texts::text;

/// `/gym/desk`
#[component]
pub(crate) fn Desk() -> impl IntoView {
    view! {
        <SnapshotPage
            needs=Permission::UseDesk
            title=text!(gym.desk_title)
            failed=text!(gym.desk_failed)
            rows=6
            page=|start| view! { <DeskPage start/> }.into_any()
        />
    }
}

#[component]
fn DeskPage(start: AtPosition<GymSnapshot>) -> impl IntoView {
    let link = use_link();
    let desk = use_desk();
    // In an effect: the first paint equals the server's, where nothing was refused meanwhile.
    Effect::new(move |_| desk.open_page());
    on_cleanup(move || desk.close_page());
    let live = use_live_gym(start);
    use_queued_marks(desk);
    use_sound_unlock();
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
        }
    });
    use_scanner(input, move |code| desk.check_in(&link, code, None, None));
    let ready = use_ready();
    let utc_offset = Signal::derive(move || live.utc_offset());
    view! {
        <PageHead title=text!(gym.desk_title) live=true/>
        <div class="page-body desk" data-ready=move || ready.get().then_some("true")>
            <div class="desk-main">
                <StaleNote live/>
                <MemberSearch desk input utc_offset/>
                <Guarded what=text!(gym.answer_part)>
                    <ShownAnswer desk live/>
                </Guarded>
            </div>
            <div class="desk-side">
                <Guarded what=text!(gym.figure_part)>
                    <Occupancy live/>
                </Guarded>
                <Guarded what=text!(gym.list_part)>
                    <JustNow live desk/>
                </Guarded>
            </div>
        </div>
    }
}

/// Keeps the list in step with the outbox and the link: what waits for the connection is marked.
fn use_queued_marks(desk: DeskState) {
    let link = use_link();
    let status = link.status();
    let queued = Memo::new(move |_| status.get().queued);
    Effect::new(move |_| {
        queued.track();
        desk.load_outbox(&link);
    });
    let is_live = Memo::new(move |_| status.get().phase == Phase::Live);
    Effect::new(move |_| {
        if !is_live.get() {
            desk.mark_queued();
        }
    });
}

/// The card of the newest or chosen entry.
#[component]
fn ShownAnswer(desk: DeskState, live: LiveGym) -> impl IntoView {
    let shown = Memo::new(move |_| desk.shown_entry());
    let card = move || match shown.get() {
        Some(entry) => {
            let clock = live.roster.with_untracked(|roster| roster.clock().clone());
            view! { <AnswerCard entry desk clock/> }.into_any()
        }
        None => view! {
            <div class="card">
                <Empty title=text!(gym.desk_ready) text=text!(gym.desk_ready_note)/>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="desk-answer" aria-live="assertive">
            {card}
        </div>
    }
}
