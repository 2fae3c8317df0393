//! `check_in`: a desk asks whether a member may come in, and the visit is recorded if so.

use cadence_store::{
    EventPlace, Id, NewEvent, Store, StoreError, Tx,
    audit::{self, AuditEntry, AuditSubject},
    commands::{self, CommandAnswer, CommandContext, CommandDecision},
    visits::{self, AtTheDoor, MemberKey},
};
use logic::gym::decide::{EntryDecision, MemberFacts, decide};
use protocol::{
    ErrorBody, Millis, RefusalId, SubscriptionId, VisitId,
    gym::{Activity, CheckIn, CheckInAnswer, Reason, Refusal, Verdict, Visit},
    server::Outcome,
};

/// Decides and records one check-in.
pub async fn check_in(
    store: &Store,
    context: CommandContext,
    command: CheckIn,
) -> Result<CommandAnswer, ErrorBody> {
    let wanted = WantedEntry::parse(&command, &store.clock().gym.location)?;
    commands::once(store, context, "check_in", &command, |tx, context, at| {
        Box::pin(async move { run(tx, &context, &wanted, at).await })
    })
    .await
}

/// The command with every field in the form that the rules need.
struct WantedEntry {
    key: MemberKey,
    location: String,
    notes: Option<String>,
    override_reason: Option<String>,
}

impl WantedEntry {
    fn parse(command: &CheckIn, usual_location: &str) -> Result<Self, ErrorBody> {
        Ok(Self {
            key: MemberKey::parse(&command.member)?,
            location: text("location", command.location.as_deref(), 60)?
                .unwrap_or_else(|| usual_location.to_owned()),
            notes: text("notes", command.notes.as_deref(), 500)?,
            override_reason: text("override_reason", command.override_reason.as_deref(), 200)?,
        })
    }
}

/// A trimmed text of at most `most` characters; nothing where there is only blank.
fn text(field: &str, value: Option<&str>, most: usize) -> Result<Option<String>, ErrorBody> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    if value.is_some_and(|value| value.chars().count() > most) {
        return Err(ErrorBody::field(field, format!("At most {most} characters.")));
    }
    Ok(value.map(str::to_owned))
}

async fn run(
    tx: &mut Tx,
    context: &CommandContext,
    wanted: &WantedEntry,
    at: Millis,
) -> Result<CommandDecision, StoreError> {
    let month_start = tx.clock().month_start(at);
    let today = tx.clock().today(at);
    visits::lock_member(tx, &wanted.key).await?;
    let door = visits::at_the_door(tx, &wanted.key, month_start)
        .await?
        .ok_or_else(|| wanted.key.not_found())?;
    let decision = decide(&MemberFacts {
        today: today.day,
        soon_days: today.soon_days,
        barred: door.barred,
        subscriptions: &door.subscriptions,
        open: door.open.as_ref().map(|visit| (visit.check_in_time, visit.location.as_str())),
        override_reason: wanted.override_reason.as_deref(),
    });
    if decision.begins_visit() {
        come_in(tx, context, wanted, at, door, decision).await
    } else {
        stay_out(tx, context, wanted, at, door, decision).await
    }
}

/// Nothing begins: refused, or in already. A second scan repeats the first card.
async fn stay_out(
    tx: &mut Tx,
    context: &CommandContext,
    wanted: &WantedEntry,
    at: Millis,
    door: AtTheDoor,
    decision: EntryDecision<SubscriptionId>,
) -> Result<CommandDecision, StoreError> {
    let card = CheckInAnswer {
        verdict: decision.verdict,
        reason: decision.reason.clone(),
        membership: door.membership(decision.subscription),
        visit_of_month: door.open.is_some().then_some(door.visits_this_month),
        visit: door.open,
        member: door.member,
        repeated: false,
    };
    if let Some(Outcome::CheckIn(first)) = commands::last_card(tx, card.member.id, at).await?
        && is_about_the_same(&first, &card)
    {
        let outcome = Outcome::CheckIn(CheckInAnswer { repeated: true, ..first });
        // Not a card to repeat: the time counts from the first scan.
        return Ok(CommandDecision { outcome, place: None, card_of: None });
    }
    let member = card.member.clone();
    let outcome = Outcome::CheckIn(card);
    let place = match (decision.verdict, decision.reason) {
        (Verdict::Deny, Some(reason)) => {
            let refusal = Refusal {
                id: RefusalId(Id::new(tx.now()).0),
                member: member.clone(),
                location: wanted.location.clone(),
                at,
                reason,
            };
            let fact = Activity::Refused(refusal);
            Some(emit(tx, context, at, fact, &outcome))
        }
        _ => None,
    };
    Ok(CommandDecision { outcome, place, card_of: Some(member.id) })
}

/// A member who was let in and is still in, or who was refused for the same reason. A member
/// who was renewed, checked out or taken back in the meantime is not answered with an old card.
fn is_about_the_same(first: &CheckInAnswer, now: &CheckInAnswer) -> bool {
    match (&first.visit, &now.visit) {
        (Some(first), Some(now)) => first.id == now.id,
        (None, None) => first.reason == now.reason,
        _ => false,
    }
}

/// A visit begins.
async fn come_in(
    tx: &mut Tx,
    context: &CommandContext,
    wanted: &WantedEntry,
    at: Millis,
    door: AtTheDoor,
    decision: EntryDecision<SubscriptionId>,
) -> Result<CommandDecision, StoreError> {
    let visit = Visit {
        id: VisitId(Id::new(tx.now()).0),
        member: door.member.clone(),
        location: wanted.location.clone(),
        check_in_time: at,
        check_out_time: None,
        closed_automatically: false,
    };
    let pass = decision.takes_visit_from;
    visits::begin(tx, &visit, wanted.notes.as_deref(), pass).await?;
    if let Some(Reason::Overridden { reason }) = &decision.reason {
        let entry = AuditEntry {
            action: "check_in_overridden",
            subject: AuditSubject::Member(door.member.id),
            reason: Some(reason),
            before: None,
            after: Some(serde_json::json!({ "visit": visit.id })),
        };
        audit::record(tx, &context.actor, entry).await?;
    }
    let mut membership = door.membership(decision.subscription);
    if let (Some(membership), Some(_)) = (&mut membership, pass) {
        membership.visits_left = membership.visits_left.map(|left| left - 1);
    }
    let outcome = Outcome::CheckIn(CheckInAnswer {
        verdict: decision.verdict,
        reason: decision.reason.clone(),
        member: door.member,
        membership,
        visit: Some(visit.clone()),
        visit_of_month: Some(door.visits_this_month + 1),
        repeated: false,
    });
    let card_of = Some(visit.member.id);
    let fact = Activity::CheckedIn { visit, reason: decision.reason };
    let place = emit(tx, context, at, fact, &outcome);
    Ok(CommandDecision { outcome, place: Some(place), card_of })
}

/// Puts the event of a command into the log.
pub(crate) fn emit(
    tx: &mut Tx,
    context: &CommandContext,
    at: Millis,
    fact: Activity,
    outcome: &Outcome,
) -> EventPlace {
    let (origin, outcome) = (context.origin(), Some(outcome.clone()));
    tx.emit(NewEvent { fact, at, origin, outcome })
}
