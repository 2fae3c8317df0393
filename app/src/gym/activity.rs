//! One line of the activity stream as data, in no language.

use crate::ui::Tone;
use protocol::{
    Millis, RefusalId, VisitId,
    gym::{Activity, MemberRef, Reason, Visit},
};

/// The identity of a line in the stream: its kind with the visit's or the event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ActivityKey {
    /// The beginning of a visit.
    CheckedIn(VisitId),
    /// The end of a visit.
    CheckedOut(VisitId),
    /// A check-in that was taken back.
    Undone(VisitId),
    /// A refusal.
    Refused(RefusalId),
}

impl ActivityKey {
    /// The key of an activity.
    pub(crate) fn of(activity: &Activity) -> Self {
        match activity {
            Activity::CheckedIn { visit, .. } => Self::CheckedIn(visit.id),
            Activity::CheckedOut { visit } => Self::CheckedOut(visit.id),
            Activity::Undone { visit, .. } => Self::Undone(visit.id),
            Activity::Refused(refusal) => Self::Refused(refusal.id),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActivityKind {
    /// A member came in.
    CheckedIn,
    /// A member came in against a refusal.
    LetInOnce,
    /// A member left.
    CheckedOut,
    /// The gym ended the visit itself.
    ClosedByGym,
    /// A check-in was taken back.
    TakenBack,
    /// A member was refused.
    Refused,
}

/// The badge at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LineBadge {
    /// The command waits for the connection.
    Queued,
    /// The command waits for its answer.
    Checking,
    /// The command failed.
    NotRecorded,
    /// In, without a reason to look twice.
    In,
    /// In, with a reason to look at.
    InWarned,
    /// In against a refusal.
    LetInOnce,
    /// The visit was open before.
    AlreadyIn,
    /// Out, after a stay in milliseconds if the visit has an end.
    Left(Option<Millis>),
    /// A check-in that does not count.
    Undone,
    /// Not let in.
    Refused,
}

impl LineBadge {
    /// The badge of a visit that ended.
    pub(crate) fn left(visit: &Visit) -> Self {
        Self::Left(visit.check_out_time.map(|left| left - visit.check_in_time))
    }

    /// Its colour.
    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::In => Tone::Good,
            Self::Queued | Self::InWarned | Self::LetInOnce | Self::AlreadyIn => Tone::Warn,
            Self::NotRecorded | Self::Refused => Tone::Bad,
            Self::Checking | Self::Left(_) | Self::Undone => Tone::Plain,
        }
    }
}

/// One line of the activity stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActivityLine {
    /// The same for the same fact, different for different ones.
    pub key: ActivityKey,
    /// When it happened.
    pub at: Millis,
    /// What happened.
    pub kind: ActivityKind,
    /// The member.
    pub member: MemberRef,
    /// The door or desk; empty when unknown.
    pub location: String,
    /// Why it was a warning or a refusal.
    pub reason: Option<Reason>,
    /// Its badge.
    pub badge: LineBadge,
}

impl ActivityLine {
    /// The line of an activity.
    pub(crate) fn of(activity: &Activity) -> Self {
        let key = ActivityKey::of(activity);
        let of_visit = |visit: &Visit, at, kind, badge| Self {
            key,
            at,
            kind,
            member: visit.member.clone(),
            location: visit.location.clone(),
            reason: None,
            badge,
        };
        match activity {
            Activity::CheckedIn { visit, reason } => {
                let (kind, badge) = match reason {
                    Some(Reason::Overridden { .. }) => {
                        (ActivityKind::LetInOnce, LineBadge::LetInOnce)
                    }
                    Some(_) => (ActivityKind::CheckedIn, LineBadge::InWarned),
                    None => (ActivityKind::CheckedIn, LineBadge::In),
                };
                let line = of_visit(visit, visit.check_in_time, kind, badge);
                Self { reason: reason.clone(), ..line }
            }
            Activity::CheckedOut { visit } => {
                let kind = match visit.closed_automatically {
                    true => ActivityKind::ClosedByGym,
                    false => ActivityKind::CheckedOut,
                };
                let at = visit.check_out_time.unwrap_or(visit.check_in_time);
                of_visit(visit, at, kind, LineBadge::left(visit))
            }
            Activity::Undone { visit, at } => {
                of_visit(visit, *at, ActivityKind::TakenBack, LineBadge::Undone)
            }
            Activity::Refused(refusal) => Self {
                key,
                at: refusal.at,
                kind: ActivityKind::Refused,
                member: refusal.member.clone(),
                location: refusal.location.clone(),
                reason: Some(refusal.reason.clone()),
                badge: LineBadge::Refused,
            },
        }
    }
}

/// What the stream shows, from `?show=` in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActivityFilter {
    /// Everything.
    All,
    /// The beginnings of visits.
    CheckIns,
    /// Refusals.
    Refused,
}

impl ActivityFilter {
    /// Every choice, in the order of the page.
    pub(crate) const ALL: [Self; 3] = [Self::All, Self::CheckIns, Self::Refused];

    /// The choice of a query; everything when it names none.
    pub(crate) fn parse(value: Option<&str>) -> Self {
        match value {
            Some("in") => Self::CheckIns,
            Some("refused") => Self::Refused,
            _ => Self::All,
        }
    }

    /// The address of the dashboard with this choice.
    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::All => "/gym",
            Self::CheckIns => "/gym?show=in",
            Self::Refused => "/gym?show=refused",
        }
    }

    /// Whether the stream shows an activity.
    pub(crate) fn shows(self, activity: &Activity) -> bool {
        match self {
            Self::All => true,
            Self::CheckIns => matches!(activity, Activity::CheckedIn { .. }),
            Self::Refused => matches!(activity, Activity::Refused(_)),
        }
    }
}
