//! Who is in, as far as the link has reported it since the page was opened.

use crate::link::use_link;
use leptos::prelude::*;
use logic::link::Delivery;
use protocol::{
    MemberId, Millis, ServerMessage, Topic,
    gym::Visit,
    server::{Outcome, Snapshot},
};
use std::collections::HashMap;

/// Since when members are in; `None` for a member who left. What the link reports is newer than
/// the list.
#[derive(Clone, Copy)]
pub(crate) struct MemberPresence {
    in_since: RwSignal<HashMap<MemberId, Option<Millis>>>,
}

impl MemberPresence {
    /// Since when a member is in; `listed` when the link has reported nothing about the member.
    pub(crate) fn in_since(&self, member: MemberId, listed: Option<Millis>) -> Option<Millis> {
        self.in_since.with(|all| all.get(&member).copied()).unwrap_or(listed)
    }

    fn note(&self, visit: &Visit, is_open: bool) {
        let since = (is_open && visit.check_out_time.is_none()).then_some(visit.check_in_time);
        self.in_since.update(|all| {
            all.insert(visit.member.id, since);
        });
    }

    fn apply(&self, delivery: &Delivery) {
        match delivery {
            Delivery::Snapshot { snapshot: Snapshot::CheckIns(gym), .. } => {
                // The newest visit of a member comes first and counts.
                gym.visits.iter().rev().for_each(|visit| self.note(visit, true));
            }
            Delivery::Event { message, .. } => match message {
                ServerMessage::MemberCheckedIn { visit, .. } => self.note(visit, true),
                ServerMessage::MemberCheckedOut(visit)
                | ServerMessage::CheckInUndone { visit, .. } => self.note(visit, false),
                _ => {}
            },
            Delivery::Answer { result: Ok(outcome), .. } => match outcome {
                Outcome::CheckIn(answer) => {
                    if let Some(visit) = &answer.visit {
                        self.note(visit, true);
                    }
                }
                Outcome::CheckOut { visit } | Outcome::Undone { visit } => self.note(visit, false),
                _ => {}
            },
            _ => {}
        }
    }
}

/// Follows who comes and goes.
pub(crate) fn use_presence() -> MemberPresence {
    let presence = MemberPresence { in_since: RwSignal::new(HashMap::new()) };
    let link = use_link();
    Effect::new(move |_| {
        link.follow(Topic::CheckIns, None, move |delivery| presence.apply(&delivery));
    });
    presence
}
