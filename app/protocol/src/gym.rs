//! What the gym's messages carry.

use crate::{MemberId, Millis, RefusalId, VisitId};
use serde::{Deserialize, Serialize};

/// A member as a visit names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRef {
    /// The member.
    pub id: MemberId,
    /// The printed number with its check digit, for example `M-102048`.
    pub number: String,
    /// The name to show.
    pub full_name: String,
}

/// A visit, open while `check_out_time` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The visit.
    pub id: VisitId,
    /// Who.
    pub member: MemberRef,
    /// The door or desk.
    pub location: String,
    /// When it began.
    pub check_in_time: Millis,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_out_time: Option<Millis>,
    /// True when the gym closed the visit itself; such visits do not count for the average stay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed_automatically: bool,
}

/// `check_in`: a desk asks whether a member may come in, and records the visit if so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIn {
    /// The member's id, number, or card code as scanned.
    pub member: String,
    /// The door or desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// A remark for the visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Lets a refused member in once; goes into the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_reason: Option<String>,
    /// When it was scanned, on the server's clock; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// `check_out`: ends a visit, named by itself or by its member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckOut {
    /// The visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitId>,
    /// The member's id, number, or card code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// When it happened, on the server's clock; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// `undo_check_in`: takes a check-in back, within `undo_ms` of [`GymClock`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoCheckIn {
    /// The visit.
    pub visit: VisitId,
    /// When it was asked, on the server's clock; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// The colour of the desk's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Green: come in.
    Allow,
    /// Amber: come in, or already in; look at the reason.
    Warn,
    /// Red: not today.
    Deny,
}

/// Why a decision is not a plain yes. Days are counted in the gym's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// The member has an open visit; nothing was counted twice.
    AlreadyIn {
        /// Since when.
        since: Millis,
        /// Where that visit began.
        location: String,
    },
    /// The subscription ends soon, within the setting `gym.ends_soon_days`.
    EndsSoon {
        /// Days left; 0 is today.
        days: i64,
    },
    /// The subscription has ended.
    Expired {
        /// Days since its last day.
        days: i64,
    },
    /// The subscription is frozen.
    Frozen {
        /// Its first day after the freeze, as `2026-12-01`.
        until: String,
    },
    /// A pass of visits is used up.
    NoVisitsLeft,
    /// The last visit of the pass was counted now.
    LastVisit,
    /// The member has no subscription.
    NoSubscription,
    /// The member is barred.
    Barred,
    /// Let in once against a refusal, with a reason in the audit log.
    Overridden {
        /// The reason given.
        reason: String,
    },
}

/// A member's right to come in, in words for the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The plan's name.
    pub plan: String,
    /// Its last day, as `2026-12-14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<String>,
    /// Visits left on a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visits_left: Option<i64>,
}

/// The answer to a `check_in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInAnswer {
    /// Green, amber or red.
    pub verdict: Verdict,
    /// Why, unless it is a plain yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Who.
    pub member: MemberRef,
    /// The member's right to come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// The visit that began, or the open one; absent when refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Visit>,
    /// Which visit of this calendar month it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_of_month: Option<i64>,
    /// True when the same code was scanned within `repeat_ms` of [`GymClock`] before and its
    /// answer is repeated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
}

/// `activity`: something at a door that is not a visit, for the activity stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The refusal.
    pub id: RefusalId,
    /// Who.
    pub member: MemberRef,
    /// Where.
    pub location: String,
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: Reason,
}

/// The three figures of `initial_stats` and `stats_update`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Open visits.
    pub currently_in: i64,
    /// Visits begun this gym day.
    pub today_total: i64,
    /// Mean minutes of the visits closed this gym day, automatic closings left out; absent
    /// before the first.
    pub average_stay_minutes: Option<f64>,
    /// How many closed visits the mean is over.
    pub finished_visits: i64,
    /// The offset of `checkins` that these figures include.
    pub as_of_offset: u64,
    /// When they were counted.
    pub timestamp: Millis,
}

/// One line of the activity stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Activity {
    /// A member came in.
    CheckedIn {
        /// The visit.
        visit: Visit,
        /// Set when it was an override or a warning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A member left.
    CheckedOut {
        /// The visit.
        visit: Visit,
    },
    /// A check-in was taken back.
    Undone {
        /// The visit that no longer counts.
        visit: Visit,
        /// When.
        at: Millis,
    },
    /// A member was refused.
    Refused(Refusal),
}

/// The gym's day and clock, so that a page shows the gym's times and not the viewer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GymClock {
    /// The gym's name.
    pub gym: String,
    /// Minutes that the gym's time is ahead of UTC now.
    pub utc_offset_minutes: i32,
    /// When the running gym day began.
    pub day_start: Millis,
    /// When it ends.
    pub day_end: Millis,
    /// How many people fit in; 0 when not set.
    pub capacity: i64,
    /// For how long after a check-in it can be taken back; 0 for not at all. A server of the
    /// release before this field leaves it out.
    #[serde(default)]
    pub undo_ms: Millis,
    /// For how long after a scan the same code gets the same answer. Left out like `undo_ms`.
    #[serde(default)]
    pub repeat_ms: Millis,
}

/// Everything the dashboard and the desk show, consistent at one position of `checkins`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GymSnapshot {
    /// The figures.
    pub stats: Stats,
    /// The clock behind them.
    pub clock: GymClock,
    /// The newest activity first, at most 50.
    pub activity: Vec<Activity>,
    /// The newest visits first, at most 50.
    pub visits: Vec<Visit>,
    /// Check-ins begun in each hour of the gym day so far, the first hour first.
    pub hours: Vec<i64>,
}
