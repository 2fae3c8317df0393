//! Entries, visits and decisions for the tests of the desk.

use super::entry::{DeskEntry, DeskRequest, EntryState};
use protocol::{
    MemberId, MessageId, Millis, VisitId,
    gym::{CheckInAnswer, MemberRef, Verdict, Visit},
};
use uuid::Uuid;

pub(super) fn entry(number: u128, at: Millis, state: EntryState) -> DeskEntry {
    let (id, code) = (MessageId(Uuid::from_u128(number)), format!("M-{number}"));
    DeskEntry {
        id,
        request: DeskRequest::CheckIn,
        code,
        name: None,
        at,
        queued: false,
        state,
        missed: false,
    }
}

pub(super) fn visit(number: u128, at: Millis) -> Visit {
    Visit {
        id: VisitId(Uuid::from_u128(100 + number)),
        member: MemberRef {
            id: MemberId(Uuid::from_u128(200 + number)),
            number: format!("M-{number}"),
            full_name: format!("member {number}"),
        },
        location: "desk 1".to_owned(),
        check_in_time: at,
        check_out_time: None,
        closed_automatically: false,
    }
}

pub(super) fn decided(verdict: Verdict, visit: &Visit) -> EntryState {
    EntryState::Decided(Box::new(CheckInAnswer {
        verdict,
        reason: None,
        member: visit.member.clone(),
        membership: None,
        visit: (verdict != Verdict::Deny).then(|| visit.clone()),
        visit_of_month: None,
        repeated: false,
    }))
}
