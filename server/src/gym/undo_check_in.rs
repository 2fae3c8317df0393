//! `undo_check_in`: takes a check-in back within `desk.undo_seconds`.

use crate::gym::check_in::emit;
use cadence_store::{
    Store, StoreError, Tx,
    audit::{self, AuditEntry, AuditSubject},
    commands::{self, CommandAnswer, CommandContext, CommandDecision},
    visits,
};
use protocol::{
    ErrorBody, ErrorCode, Millis, VisitId,
    gym::{Activity, UndoCheckIn},
    server::Outcome,
};

/// Takes one check-in back. The visit stays in the database and counts nowhere.
pub async fn undo_check_in(
    store: &Store,
    context: CommandContext,
    command: UndoCheckIn,
) -> Result<CommandAnswer, ErrorBody> {
    let visit = command.visit;
    commands::once(store, context, "undo_check_in", &command, move |tx, context, at| {
        Box::pin(async move { run(tx, &context, visit, at).await })
    })
    .await
}

async fn run(
    tx: &mut Tx,
    context: &CommandContext,
    visit: VisitId,
    at: Millis,
) -> Result<CommandDecision, StoreError> {
    visits::lock_member_of(tx, visit).await?;
    let stored = visits::find(tx, visit)
        .await?
        .ok_or_else(|| ErrorBody::new(ErrorCode::NotFound, "This visit does not exist."))?;
    let outcome = Outcome::Undone { visit: stored.visit.clone() };
    if stored.undone_at.is_some() {
        // Two desks took it back: both are right, and it happened once.
        return Ok(CommandDecision { outcome, place: None, card_of: None });
    }
    // A check-in that waited in an outbox was not visible before it was recorded.
    let seen = stored.visit.check_in_time.max(stored.recorded_at);
    let undo_ms = tx.clock().undo_ms();
    if at > seen.saturating_add(undo_ms) {
        let text = format!(
            "A check-in can be taken back for {} seconds. Check the member out instead.",
            undo_ms / 1_000
        );
        return Err(ErrorBody::new(ErrorCode::UndoExpired, text).into());
    }
    visits::take_back(tx, visit, at).await?;
    if let Some(pass) = stored.pass {
        visits::count_pass(tx, pass, 1).await?;
    }
    let entry = AuditEntry {
        action: "check_in_undone",
        subject: AuditSubject::Visit(visit),
        reason: None,
        before: Some(serde_json::json!({ "check_in_time": stored.visit.check_in_time })),
        after: None,
    };
    audit::record(tx, &context.actor, entry).await?;
    let fact = Activity::Undone { visit: stored.visit, at };
    let place = emit(tx, context, at, fact, &outcome);
    Ok(CommandDecision { outcome, place: Some(place), card_of: None })
}
