//! `check_out`: ends a visit, named by itself or by its member.

use crate::gym::check_in::emit;
use cadence_store::{
    NewEvent, Store, StoreError, Tx,
    commands::{self, CommandAnswer, CommandContext, CommandDecision},
    visits::{self, MemberKey},
};
use protocol::{
    ErrorBody, ErrorCode, Millis, VisitId,
    gym::{Activity, CheckOut, Visit},
    server::Outcome,
};

/// Ends one visit.
pub async fn check_out(
    store: &Store,
    context: CommandContext,
    command: CheckOut,
) -> Result<CommandAnswer, ErrorBody> {
    let which = match (command.visit, &command.member) {
        (Some(visit), _) => WantedVisit::Visit(visit),
        (None, Some(member)) => WantedVisit::Member(MemberKey::parse(member)?),
        (None, None) => return Err(ErrorBody::field("member", "Name the visit or the member.")),
    };
    commands::once(store, context, "check_out", &command, |tx, context, at| {
        Box::pin(async move { run(tx, &context, which, at).await })
    })
    .await
}

enum WantedVisit {
    Visit(VisitId),
    Member(MemberKey),
}

async fn run(
    tx: &mut Tx,
    context: &CommandContext,
    which: WantedVisit,
    at: Millis,
) -> Result<CommandDecision, StoreError> {
    let open = match which {
        WantedVisit::Visit(id) => {
            visits::lock_member_of(tx, id).await?;
            let stored = visits::find(tx, id)
                .await?
                .ok_or_else(|| ErrorBody::new(ErrorCode::NotFound, "This visit does not exist."))?;
            let is_open = stored.visit.check_out_time.is_none() && stored.undone_at.is_none();
            is_open.then_some(stored.visit)
        }
        WantedVisit::Member(key) => {
            visits::lock_member(tx, &key).await?;
            visits::at_the_door(tx, &key, at).await?.ok_or_else(|| key.not_found())?.open
        }
    };
    let not_in = || ErrorBody::new(ErrorCode::NotCheckedIn, "This member is not checked in.");
    let visit = open.ok_or_else(not_in)?;
    // Queued on another desk, a check-out can arrive with an earlier moment than its check-in.
    let at = at.max(visit.check_in_time);
    if !visits::end(tx, visit.id, at, false).await? {
        // The gym's day began at this very moment, and another node has closed the visit.
        return Err(not_in().into());
    }
    let visit = Visit { check_out_time: Some(at), ..visit };
    let outcome = Outcome::CheckOut { visit: visit.clone() };
    let place = emit(tx, context, at, Activity::CheckedOut { visit }, &outcome);
    Ok(CommandDecision { outcome, place: Some(place), card_of: None })
}

/// Ends the visits that are still open from before `day_start`, marked as closed by the gym itself,
/// and returns how many. A job calls it when the gym's day begins, so that the morning starts at 0.
pub async fn close_forgotten(store: &Store, day_start: Millis) -> Result<usize, ErrorBody> {
    let closed = store
        .write(move |tx| {
            Box::pin(async move {
                let mut count = 0;
                for visit in visits::open_before(tx, day_start).await? {
                    // Every node calls this when the day begins.
                    if !visits::end(tx, visit.id, day_start, true).await? {
                        continue;
                    }
                    count += 1;
                    let visit = Visit {
                        check_out_time: Some(day_start),
                        closed_automatically: true,
                        ..visit
                    };
                    let fact = Activity::CheckedOut { visit };
                    tx.emit(NewEvent { fact, at: day_start, origin: None, outcome: None });
                }
                Ok(count)
            })
        })
        .await?;
    Ok(closed)
}
