//! Decisions and events in words, in the gym's time.

use crate::ui::Tone;
use logic::text;
use protocol::{
    Millis,
    gym::{Activity, CheckInAnswer, Membership, Reason, Verdict, Visit},
    http::Standing,
};
use uuid::Uuid;

/// One line of the activity stream, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The same for the same fact, different for different ones.
    pub key: (&'static str, Uuid),
    /// When it happened.
    pub at: Millis,
    /// What: `Checked in`.
    pub event: &'static str,
    /// Who.
    pub name: String,
    /// The printed number.
    pub number: String,
    /// Where and why.
    pub detail: String,
    /// The badge.
    pub badge: String,
    /// Its colour.
    pub tone: Tone,
}

impl Line {
    /// A line of the activity stream in words.
    pub fn of(activity: &Activity, utc_offset: i32) -> Self {
        let line = |event, at, member: &protocol::gym::MemberRef, detail, badge: String, tone| {
            let (name, number) = (member.full_name.clone(), member.number.clone());
            Self { key: key(activity), at, event, name, number, detail, badge, tone }
        };
        match activity {
            Activity::CheckedIn { visit, reason } => {
                let (event, badge, tone) = match reason {
                    Some(Reason::Overridden { .. }) => ("Override", "override", Tone::Warn),
                    Some(_) => ("Checked in", "in", Tone::Warn),
                    None => ("Checked in", "in", Tone::Good),
                };
                let detail = with_reason(&visit.location, reason.as_ref(), utc_offset);
                line(event, visit.check_in_time, &visit.member, detail, badge.to_owned(), tone)
            }
            Activity::CheckedOut { visit } => {
                let badge = left_after(visit);
                let event = match visit.closed_automatically {
                    true => "Closed by the gym",
                    false => "Checked out",
                };
                let at = visit.check_out_time.unwrap_or(visit.check_in_time);
                line(event, at, &visit.member, visit.location.clone(), badge, Tone::Plain)
            }
            Activity::Undone { visit, at } => {
                let detail = format!("{}, does not count", visit.location);
                line("Taken back", *at, &visit.member, detail, "undone".to_owned(), Tone::Plain)
            }
            Activity::Refused(refusal) => {
                let detail = with_reason(&refusal.location, Some(&refusal.reason), utc_offset);
                let badge = "refused".to_owned();
                line("Refused", refusal.at, &refusal.member, detail, badge, Tone::Bad)
            }
        }
    }
}

/// What tells one fact of the stream from another.
pub fn key(activity: &Activity) -> (&'static str, Uuid) {
    match activity {
        Activity::CheckedIn { visit, .. } => ("in", visit.id),
        Activity::CheckedOut { visit } => ("out", visit.id),
        Activity::Undone { visit, .. } => ("undone", visit.id),
        Activity::Refused(refusal) => ("refused", refusal.id),
    }
}

fn with_reason(place: &str, reason: Option<&Reason>, utc_offset: i32) -> String {
    match reason {
        None => place.to_owned(),
        Some(reason) if place.is_empty() => short(reason, utc_offset),
        Some(reason) => format!("{place} · {}", short(reason, utc_offset)),
    }
}

/// A finished visit's length: `left after 1 h 12`.
pub fn left_after(visit: &Visit) -> String {
    match visit.check_out_time {
        Some(left) => format!("left after {}", stay(visit.check_in_time, left)),
        None => "left".to_owned(),
    }
}

/// How long a visit took.
pub fn stay(from: Millis, to: Millis) -> String {
    text::stay((to - from) as f64 / 60_000.0)
}

/// A reason as part of a line: `expired 3 days ago`.
pub fn short(reason: &Reason, utc_offset: i32) -> String {
    match reason {
        Reason::AlreadyIn { since, .. } => {
            format!("already in since {}", text::clock(*since, utc_offset))
        }
        Reason::EndsSoon { days: 0 } => "ends today".to_owned(),
        Reason::EndsSoon { days: 1 } => "ends tomorrow".to_owned(),
        Reason::EndsSoon { days } => format!("ends in {days} days"),
        Reason::Expired { days } => format!("expired {}", days_ago(*days)),
        Reason::Frozen { until } => format!("frozen until {}", text::day(until)),
        Reason::NoVisitsLeft => "no visits left".to_owned(),
        Reason::LastVisit => "last visit of the pass".to_owned(),
        Reason::NoSubscription => "no subscription".to_owned(),
        Reason::Barred => "barred".to_owned(),
        Reason::Overridden { reason } => format!("let in once: {reason}"),
    }
}

fn days_ago(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => format!("{days} days ago"),
    }
}

/// The card's word for a decision: `Checked in`, `Already in since 17:02`, `Expired 3 days ago`.
pub fn headline(answer: &CheckInAnswer, utc_offset: i32) -> String {
    match (&answer.reason, answer.verdict) {
        (None, Verdict::Deny) => "Not today".to_owned(),
        (None, _) => "Checked in".to_owned(),
        (Some(Reason::Overridden { .. }), _) => "Let in once".to_owned(),
        (Some(reason @ Reason::AlreadyIn { .. }), _) | (Some(reason), Verdict::Deny) => {
            capitalised(&short(reason, utc_offset))
        }
        (Some(reason), _) => format!("Checked in · {}", short(reason, utc_offset)),
    }
}

/// The card's second line: number, plan, which visit of the month.
pub fn particulars(answer: &CheckInAnswer) -> String {
    let mut parts = vec![answer.member.number.clone()];
    parts.extend(answer.membership.as_ref().map(plan));
    match &answer.reason {
        Some(Reason::AlreadyIn { location, .. }) => {
            parts = vec![format!("Same visit, nothing counted twice · {location}")];
        }
        Some(Reason::Overridden { reason }) => parts.push(reason.clone()),
        _ => parts.extend(answer.visit_of_month.map(|count| format!("visit {count} this month"))),
    }
    parts.join(" · ")
}

/// `Monthly until 14 December`, `10-visit pass, 3 left`.
pub fn plan(membership: &Membership) -> String {
    let mut words = membership.plan.clone();
    if let Some(last) = &membership.ends_on {
        words.push_str(&format!(" until {}", text::day(last)));
    }
    if let Some(left) = membership.visits_left {
        words.push_str(&format!(", {left} left"));
    }
    words
}

/// A member's standing as a badge.
pub fn standing(standing: Standing) -> (&'static str, Tone) {
    match standing {
        Standing::Active => ("active", Tone::Good),
        Standing::EndsSoon => ("ends soon", Tone::Warn),
        Standing::Expired => ("expired", Tone::Bad),
        Standing::Frozen => ("frozen", Tone::Warn),
        Standing::UsedUp => ("used up", Tone::Bad),
        Standing::None => ("no plan", Tone::Plain),
        Standing::Barred => ("barred", Tone::Bad),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::gym::MemberRef;

    fn answer(verdict: Verdict, reason: Option<Reason>) -> CheckInAnswer {
        CheckInAnswer {
            verdict,
            reason,
            member: MemberRef {
                id: Uuid::from_u128(1),
                number: "M-104821".to_owned(),
                full_name: "Maria Keller".to_owned(),
            },
            membership: Some(Membership {
                plan: "Monthly".to_owned(),
                ends_on: Some("2026-12-14".to_owned()),
                visits_left: None,
            }),
            visit: None,
            visit_of_month: Some(9),
            repeated: false,
        }
    }

    #[test]
    fn a_plain_yes_names_number_plan_and_which_visit_it_is() {
        let yes = answer(Verdict::Allow, None);
        assert_eq!(headline(&yes, 0), "Checked in");
        assert_eq!(particulars(&yes), "M-104821 · Monthly until 14 December · visit 9 this month");
    }

    #[test]
    fn a_second_scan_says_since_when_and_that_nothing_was_counted() {
        let since = 61_320_000; // 17:02 UTC
        let location = "Desk 2".to_owned();
        let twice = answer(Verdict::Warn, Some(Reason::AlreadyIn { since, location }));
        assert_eq!(headline(&twice, 0), "Already in since 17:02");
        assert_eq!(headline(&twice, 60), "Already in since 18:02");
        assert_eq!(particulars(&twice), "Same visit, nothing counted twice · Desk 2");
    }

    #[test]
    fn a_refusal_says_why_and_a_warning_says_that_the_member_is_in() {
        let expired = |days| headline(&answer(Verdict::Deny, Some(Reason::Expired { days })), 0);
        assert_eq!(expired(3), "Expired 3 days ago");
        assert_eq!(expired(1), "Expired yesterday");
        let soon = answer(Verdict::Warn, Some(Reason::EndsSoon { days: 1 }));
        assert_eq!(headline(&soon, 0), "Checked in · ends tomorrow");
        let pass =
            Membership { plan: "10-visit pass".to_owned(), ends_on: None, visits_left: Some(3) };
        assert_eq!(plan(&pass), "10-visit pass, 3 left");
    }
}
