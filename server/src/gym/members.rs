//! Members: find, list, create, renew.

use cadence_base::identity::StaffIdentity;
use cadence_store::{
    DatabaseError, Id, Store, StoreError, Tx,
    audit::{self, AuditEntry, AuditSubject},
    members::{self, MemberRecord},
    plans::{self, Plan},
    read_failed,
    visits::{self, MemberKey},
};
use protocol::{
    ErrorBody, ErrorCode, MemberId, PlanId,
    account::Permission,
    http::{MemberPage, MemberRow, NewMember, PlanRow},
};

/// At most 8 members whose name, number or phone matches.
pub async fn find_members(
    store: &Store,
    actor: &StaffIdentity,
    text: &str,
) -> Result<Vec<MemberRow>, ErrorBody> {
    actor.check_permission(Permission::SeeMembers)?;
    store.find_members(text).await.map_err(read_failed)
}

/// A page of members; all of them when `text` is empty.
pub async fn members_page(
    store: &Store,
    actor: &StaffIdentity,
    text: &str,
    page: u32,
) -> Result<MemberPage, ErrorBody> {
    actor.check_permission(Permission::SeeMembers)?;
    store.members_page(text, page).await.map_err(read_failed)
}

/// The plans to choose from.
pub async fn plans(store: &Store, actor: &StaffIdentity) -> Result<Vec<PlanRow>, ErrorBody> {
    actor.check_permission(Permission::SeeMembers)?;
    store.plans().await.map_err(read_failed)
}

/// Creates a member with a generated number, and with a plan that begins today if one is named.
pub async fn create_member(
    store: &Store,
    actor: &StaffIdentity,
    member: NewMember,
) -> Result<MemberRow, ErrorBody> {
    actor.check_permission(Permission::EditMembers)?;
    let (member, actor) = (CheckedMember::parse(member)?, actor.clone());
    let row =
        store.write(move |tx| Box::pin(async move { create(tx, &actor, &member).await })).await?;
    Ok(row)
}

/// Renews a member's last plan: from the day after its end, or from today when nothing is left.
pub async fn renew(
    store: &Store,
    actor: &StaffIdentity,
    member: MemberId,
) -> Result<MemberRow, ErrorBody> {
    actor.check_permission(Permission::UseDesk)?;
    let actor = actor.clone();
    let row = store
        .write(move |tx| Box::pin(async move { renew_last(tx, &actor, member).await }))
        .await?;
    Ok(row)
}

/// A new member whose fields are right.
struct CheckedMember {
    full_name: String,
    phone: Option<String>,
    email: Option<String>,
    plan: Option<PlanId>,
}

impl CheckedMember {
    fn parse(member: NewMember) -> Result<Self, ErrorBody> {
        let full_name = member.full_name.split_whitespace().collect::<Vec<_>>().join(" ");
        let letters = full_name.chars().count();
        if !(2..=80).contains(&letters) || full_name.chars().any(char::is_control) {
            return Err(ErrorBody::field("full_name", "A name has 2 to 80 characters."));
        }
        Ok(Self {
            full_name,
            phone: optional(member.phone, "phone", is_phone, "Digits, spaces and + only.")?,
            email: optional(member.email, "email", is_email, "This is not an e-mail address.")?,
            plan: member.plan,
        })
    }
}

fn optional(
    value: Option<String>,
    field: &str,
    is_right: fn(&str) -> bool,
    sentence: &str,
) -> Result<Option<String>, ErrorBody> {
    let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    match value {
        Some(value) if !is_right(&value) => Err(ErrorBody::field(field, sentence)),
        value => Ok(value),
    }
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (4..=20).contains(&digits)
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c))
}

/// Only what is surely wrong is refused; whether an address exists shows the first mail.
fn is_email(text: &str) -> bool {
    let shape = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    shape
        && text.len() <= 254
        && text.matches('@').count() == 1
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

async fn create(
    tx: &mut Tx,
    actor: &StaffIdentity,
    member: &CheckedMember,
) -> Result<MemberRow, StoreError> {
    let plan = match member.plan {
        Some(plan) => Some(
            plans::find(tx, plan)
                .await?
                .ok_or_else(|| ErrorBody::field("plan", "This plan does not exist."))?,
        ),
        None => None,
    };
    let today = tx.clock().day(tx.now()).date;
    let id = MemberId(Id::new(tx.now()).0);
    let number = loop {
        let record = MemberRecord {
            id,
            number: members::next_number(tx).await?,
            full_name: &member.full_name,
            phone: member.phone.as_deref(),
            email: member.email.as_deref(),
            card_code: None,
            joined_at: tx.now(),
        };
        // A number that came with an import is passed over.
        if members::insert(tx, &record).await? {
            break record.number;
        }
    };
    if let Some(plan) = &plan {
        plans::subscribe(tx, id, plan, today).await?;
    }
    let entry = AuditEntry {
        action: "member_created",
        subject: AuditSubject::Member(id),
        reason: None,
        before: None,
        after: Some(serde_json::json!({
            "number": number.to_string(),
            "plan": plan.map(|plan| plan.name),
        })),
    };
    audit::record(tx, actor, entry).await?;
    shown(tx, id).await
}

async fn renew_last(
    tx: &mut Tx,
    actor: &StaffIdentity,
    member: MemberId,
) -> Result<MemberRow, StoreError> {
    visits::lock_member(tx, &MemberKey::of(member)).await?;
    // Also refuses an id without a member.
    let before = shown(tx, member).await?;
    let last = plans::last_of(tx, member).await?.ok_or_else(|| {
        ErrorBody::field("plan", "This member never had a plan: there is nothing to renew.")
    })?;
    if last.created_at > tx.now() - tx.clock().repeat_ms() {
        // A second click on the same button must not sell two months.
        return Ok(before);
    }
    let plan: Plan =
        plans::find(tx, PlanId(last.plan_id.0)).await?.ok_or(DatabaseError::RowNotFound)?;
    let starts = last.next_start(tx.clock().day(tx.now()).date);
    let ends = plans::subscribe(tx, member, &plan, starts).await?;
    let entry = AuditEntry {
        action: "subscription_renewed",
        subject: AuditSubject::Member(member),
        reason: None,
        before: before.membership.and_then(|membership| serde_json::to_value(membership).ok()),
        after: Some(serde_json::json!({
            "plan": plan.name,
            "starts_on": starts.to_string(),
            "ends_on": ends.to_string(),
        })),
    };
    audit::record(tx, actor, entry).await?;
    shown(tx, member).await
}

async fn shown(tx: &mut Tx, member: MemberId) -> Result<MemberRow, StoreError> {
    let today = tx.clock().today(tx.now());
    let row = members::row(tx, today, member).await?;
    Ok(row
        .ok_or_else(|| ErrorBody::new(ErrorCode::MemberNotFound, "This member does not exist."))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(full_name: &str, phone: &str, email: &str) -> Result<CheckedMember, Option<String>> {
        CheckedMember::parse(NewMember {
            full_name: full_name.to_owned(),
            phone: Some(phone.to_owned()),
            email: Some(email.to_owned()),
            plan: None,
        })
        .map_err(|error| error.field)
    }

    #[test]
    fn a_name_is_trimmed_and_blank_fields_are_absent() {
        let member = check("  Ana   Lía ", " ", "").expect("right");
        assert_eq!(member.full_name, "Ana Lía");
        assert_eq!((member.phone, member.email), (None, None));
    }

    #[test]
    fn the_error_names_its_field() {
        let field = |name: &str| Some(name.to_owned());
        assert_eq!(check("A", "", "").err(), Some(field("full_name")));
        assert_eq!(check("Ana", "call me", "").err(), Some(field("phone")));
        for email in ["ana", "ana@", "@x.org", "a b@x.org", "a@b@x.org", "ana@org"] {
            assert_eq!(check("Ana", "", email).err(), Some(field("email")), "{email}");
        }
        assert!(check("Ana", "+44 (0)20 7946-0123", "ana@example.org").is_ok());
    }
}
