//! Decides whether a member may come in: a pure function of dates and facts.
//!
//! Days are gym days, counted as whole numbers, so that "ends in 3 days" is a subtraction that does
//! not depend on a time zone. A standing is not stored; it follows from the dates.

use protocol::{
    Millis,
    gym::{Reason, Verdict},
    http::Standing,
};

/// One subscription of a member. `id` is the caller's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription<I> {
    /// Names it to the caller.
    pub id: I,
    /// Its first day.
    pub starts: i64,
    /// Its last day.
    pub ends: i64,
    /// Visits left; absent when visits are not counted.
    pub visits_left: Option<i64>,
    /// When it rests.
    pub freeze: Option<Freeze>,
}

/// A pause of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its first day.
    pub from: i64,
    /// The first day after it.
    pub until: i64,
    /// The same as a date for the card.
    pub until_date: String,
}

/// A member's record at the moment of a scan.
#[derive(Debug, Clone, Copy)]
pub struct MemberFacts<'a, I> {
    /// The gym day.
    pub today: i64,
    /// A subscription that ends within this many days is answered in amber.
    pub soon_days: i64,
    /// Whether the gym has barred the member.
    pub barred: bool,
    /// All subscriptions, past and coming ones too.
    pub subscriptions: &'a [Subscription<I>],
    /// The open visit: since when and where.
    pub open: Option<(Millis, &'a str)>,
    /// Why a refused member is let in this once.
    pub override_reason: Option<&'a str>,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryDecision<I> {
    /// The colour.
    pub verdict: Verdict,
    /// Why, unless it is a plain yes.
    pub reason: Option<Reason>,
    /// The subscription that the card names.
    pub subscription: Option<I>,
    /// The pass that loses a visit.
    pub takes_visit_from: Option<I>,
}

impl<I> EntryDecision<I> {
    /// Whether a visit begins. A member who is in already does not come in again.
    pub fn begins_visit(&self) -> bool {
        self.verdict != Verdict::Deny && !matches!(self.reason, Some(Reason::AlreadyIn { .. }))
    }
}

/// Decides one scan.
pub fn decide<I: Copy>(facts: &MemberFacts<'_, I>) -> EntryDecision<I> {
    let right = entry_right(facts.today, facts.subscriptions);
    let shown = right.shown().map(|s| s.id);
    let answer = |verdict, reason| EntryDecision {
        verdict,
        reason,
        subscription: shown,
        takes_visit_from: None,
    };
    if let Some((since, location)) = facts.open {
        let reason = Reason::AlreadyIn { since, location: location.to_owned() };
        return answer(Verdict::Warn, Some(reason));
    }
    let refusal = if facts.barred { Some(Reason::Barred) } else { right.refusal(facts.today) };
    if let Some(refusal) = refusal {
        return match facts.override_reason.map(str::trim).filter(|reason| !reason.is_empty()) {
            Some(reason) => {
                answer(Verdict::Warn, Some(Reason::Overridden { reason: reason.to_owned() }))
            }
            None => answer(Verdict::Deny, Some(refusal)),
        };
    }
    let EntryRight::Yes { with, covered_until, visits } = right else {
        return answer(Verdict::Deny, Some(Reason::NoSubscription));
    };
    let days = covered_until - facts.today;
    let reason = match visits {
        Some(1) => Some(Reason::LastVisit),
        _ if days <= facts.soon_days => Some(Reason::EndsSoon { days }),
        _ => None,
    };
    EntryDecision {
        verdict: if reason.is_some() { Verdict::Warn } else { Verdict::Allow },
        reason,
        subscription: Some(with.id),
        takes_visit_from: with.visits_left.map(|_| with.id),
    }
}

/// A member's right to come in, for lists.
pub fn standing<I>(
    today: i64,
    soon_days: i64,
    barred: bool,
    subscriptions: &[Subscription<I>],
) -> Standing {
    if barred {
        return Standing::Barred;
    }
    match entry_right(today, subscriptions) {
        EntryRight::Yes { covered_until, .. } if covered_until - today <= soon_days => {
            Standing::EndsSoon
        }
        EntryRight::Yes { .. } => Standing::Active,
        EntryRight::Frozen(..) => Standing::Frozen,
        EntryRight::UsedUp(_) => Standing::UsedUp,
        EntryRight::Expired(_) => Standing::Expired,
        EntryRight::None => Standing::None,
    }
}

/// The subscription that a list or card names: the one that admits the member, or else the one that
/// explains the refusal.
pub fn shown<I>(today: i64, subscriptions: &[Subscription<I>]) -> Option<&Subscription<I>> {
    entry_right(today, subscriptions).shown()
}

/// What follows from the subscriptions alone.
enum EntryRight<'a, I> {
    /// This one admits the member.
    Yes {
        with: &'a Subscription<I>,
        /// The last day without a gap, renewals included.
        covered_until: i64,
        /// Visits left on all passes together; absent when visits are not counted.
        visits: Option<i64>,
    },
    Frozen(&'a Subscription<I>, &'a Freeze),
    UsedUp(&'a Subscription<I>),
    Expired(&'a Subscription<I>),
    None,
}

impl<'a, I> EntryRight<'a, I> {
    fn shown(&self) -> Option<&'a Subscription<I>> {
        match self {
            Self::Yes { with: s, .. } | Self::Frozen(s, _) | Self::UsedUp(s) | Self::Expired(s) => {
                Some(s)
            }
            Self::None => None,
        }
    }

    fn refusal(&self, today: i64) -> Option<Reason> {
        Some(match self {
            Self::Yes { .. } => return None,
            Self::Frozen(_, freeze) => Reason::Frozen { until: freeze.until_date.clone() },
            Self::UsedUp(_) => Reason::NoVisitsLeft,
            Self::Expired(s) => Reason::Expired { days: today - s.ends },
            Self::None => Reason::NoSubscription,
        })
    }
}

fn entry_right<I>(today: i64, all: &[Subscription<I>]) -> EntryRight<'_, I> {
    let current = || all.iter().filter(|s| s.starts <= today && today <= s.ends);
    let usable = || {
        current().filter(|s| frozen_on(s, today).is_none() && s.visits_left.is_none_or(|n| n > 0))
    };
    // Time before passes: a pass must not be spent while a subscription runs. Of several passes
    // the one that ends first.
    let with = usable()
        .filter(|s| s.visits_left.is_none())
        .max_by_key(|s| s.ends)
        .or_else(|| usable().min_by_key(|s| s.ends));
    if let Some(with) = with {
        let visits = with.visits_left.map(|_| usable().filter_map(|s| s.visits_left).sum());
        return EntryRight::Yes { with, covered_until: covered_until(today, all), visits };
    }
    if let Some((s, freeze)) = current().find_map(|s| Some((s, frozen_on(s, today)?))) {
        return EntryRight::Frozen(s, freeze);
    }
    let last = all.iter().filter(|s| s.starts <= today).max_by_key(|s| (s.ends, s.starts));
    match last {
        None => EntryRight::None,
        Some(last) if last.visits_left == Some(0) => EntryRight::UsedUp(last),
        Some(last) => EntryRight::Expired(last),
    }
}

fn frozen_on<I>(subscription: &Subscription<I>, today: i64) -> Option<&Freeze> {
    subscription.freeze.as_ref().filter(|f| f.from <= today && today < f.until)
}

/// The last day until which the member can come in without a gap. A renewal counts, so that a member
/// who has renewed is not warned.
fn covered_until<I>(today: i64, all: &[Subscription<I>]) -> i64 {
    let mut until = today - 1;
    loop {
        let further = all
            .iter()
            .filter(|s| s.starts <= until + 1 && s.ends > until)
            .filter(|s| s.visits_left.is_none_or(|n| n > 0))
            .map(|s| s.ends)
            .max();
        match further {
            Some(ends) => until = ends,
            None => return until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: i64 = 20_779;

    fn month(starts: i64, ends: i64) -> Subscription<u8> {
        Subscription { id: 1, starts, ends, visits_left: None, freeze: None }
    }

    fn pass(left: i64) -> Subscription<u8> {
        Subscription { id: 2, visits_left: Some(left), ..month(TODAY - 100, TODAY + 100) }
    }

    fn frozen(mut s: Subscription<u8>, from: i64, until: i64) -> Subscription<u8> {
        s.freeze = Some(Freeze { from, until, until_date: "2026-12-01".to_owned() });
        s
    }

    fn facts(subscriptions: &[Subscription<u8>]) -> MemberFacts<'_, u8> {
        MemberFacts {
            today: TODAY,
            soon_days: 7,
            barred: false,
            subscriptions,
            open: None,
            override_reason: None,
        }
    }

    fn check(subscriptions: &[Subscription<u8>], verdict: Verdict, reason: Option<Reason>) {
        let decision = decide(&facts(subscriptions));
        assert_eq!((decision.verdict, decision.reason), (verdict, reason));
    }

    #[test]
    fn a_running_subscription_is_a_plain_yes() {
        check(&[month(TODAY - 10, TODAY + 20)], Verdict::Allow, None);
        check(&[month(TODAY, TODAY + 8)], Verdict::Allow, None);
    }

    #[test]
    fn the_last_week_is_amber_and_its_last_day_is_still_in() {
        for days in [7, 3, 0] {
            let reason = Reason::EndsSoon { days };
            check(&[month(TODAY - 20, TODAY + days)], Verdict::Warn, Some(reason));
        }
    }

    #[test]
    fn the_day_after_is_red_and_says_since_when() {
        check(&[month(TODAY - 31, TODAY - 1)], Verdict::Deny, Some(Reason::Expired { days: 1 }));
        let both = [month(TODAY - 90, TODAY - 60), month(TODAY - 31, TODAY - 3)];
        check(&both, Verdict::Deny, Some(Reason::Expired { days: 3 }));
    }

    #[test]
    fn a_renewed_member_is_neither_blocked_nor_warned() {
        let renewed = [month(TODAY - 28, TODAY + 2), month(TODAY + 3, TODAY + 33)];
        check(&renewed, Verdict::Allow, None);
        let late = [month(TODAY - 60, TODAY - 30), month(TODAY, TODAY + 30)];
        check(&late, Verdict::Allow, None);
        // A gap is a gap.
        let gap = [month(TODAY - 28, TODAY + 2), month(TODAY + 5, TODAY + 33)];
        check(&gap, Verdict::Warn, Some(Reason::EndsSoon { days: 2 }));
    }

    #[test]
    fn a_subscription_that_begins_tomorrow_does_not_open_today() {
        check(&[month(TODAY + 1, TODAY + 30)], Verdict::Deny, Some(Reason::NoSubscription));
        check(&[], Verdict::Deny, Some(Reason::NoSubscription));
    }

    #[test]
    fn a_freeze_counts_from_its_first_day_to_the_day_before_its_end() {
        let until = Reason::Frozen { until: "2026-12-01".to_owned() };
        let base = month(TODAY - 10, TODAY + 60);
        check(&[frozen(base.clone(), TODAY, TODAY + 1)], Verdict::Deny, Some(until));
        check(&[frozen(base.clone(), TODAY + 1, TODAY + 9)], Verdict::Allow, None);
        check(&[frozen(base, TODAY - 9, TODAY)], Verdict::Allow, None);
    }

    #[test]
    fn a_pass_counts_down_and_its_last_visit_is_amber() {
        let decision = decide(&facts(&[pass(5)]));
        assert_eq!((decision.verdict, decision.takes_visit_from), (Verdict::Allow, Some(2)));
        check(&[pass(1)], Verdict::Warn, Some(Reason::LastVisit));
        check(&[pass(0)], Verdict::Deny, Some(Reason::NoVisitsLeft));
    }

    #[test]
    fn a_pass_is_not_spent_while_a_subscription_runs() {
        let decision = decide(&facts(&[pass(1), month(TODAY - 1, TODAY + 30)]));
        assert_eq!((decision.verdict, decision.takes_visit_from), (Verdict::Allow, None));
        assert_eq!(decision.subscription, Some(1));
    }

    #[test]
    fn the_last_visit_of_one_pass_is_not_the_last_while_another_has_visits() {
        check(&[pass(1), pass(10)], Verdict::Allow, None);
    }

    #[test]
    fn whoever_is_in_is_in_whatever_the_dates_say() {
        let subscriptions = [pass(1)];
        let open = MemberFacts { open: Some((42, "Desk")), ..facts(&subscriptions) };
        let decision = decide(&open);
        let reason = Reason::AlreadyIn { since: 42, location: "Desk".to_owned() };
        assert_eq!((decision.verdict, decision.reason.as_ref()), (Verdict::Warn, Some(&reason)));
        assert!(!decision.begins_visit());
        assert_eq!(decision.takes_visit_from, None);
    }

    #[test]
    fn a_reason_lets_a_refused_member_in_and_takes_no_visit() {
        let subscriptions = [pass(0)];
        let why = |reason| {
            decide(&MemberFacts { override_reason: Some(reason), ..facts(&subscriptions) })
        };
        let let_in = why(" lost wallet ");
        let reason = Reason::Overridden { reason: "lost wallet".to_owned() };
        assert_eq!((let_in.verdict, let_in.reason.as_ref()), (Verdict::Warn, Some(&reason)));
        assert!(let_in.begins_visit());
        assert_eq!(let_in.takes_visit_from, None);
        assert_eq!(why("  ").verdict, Verdict::Deny);
    }

    #[test]
    fn a_reason_that_nobody_needed_changes_nothing() {
        let subscriptions = [month(TODAY - 1, TODAY + 30)];
        let decision =
            decide(&MemberFacts { override_reason: Some("just in case"), ..facts(&subscriptions) });
        assert_eq!((decision.verdict, decision.reason), (Verdict::Allow, None));
    }

    #[test]
    fn barred_comes_before_every_subscription() {
        let subscriptions = [month(TODAY - 1, TODAY + 30)];
        let decision = decide(&MemberFacts { barred: true, ..facts(&subscriptions) });
        assert_eq!((decision.verdict, decision.reason), (Verdict::Deny, Some(Reason::Barred)));
        assert_eq!(standing(TODAY, 7, true, &subscriptions), Standing::Barred);
    }

    proptest! {
        /// The list must never promise what the door refuses.
        #[test]
        fn standing_and_decision_agree(
            subscriptions in proptest::collection::vec(
                (-60..60_i64, 0..60_i64, proptest::option::of(0..3_i64), proptest::option::of((-9..9_i64, 0..9_i64)))
                    .prop_map(|(starts, length, visits_left, freeze)| Subscription {
                        id: 1_u8,
                        starts: TODAY + starts,
                        ends: TODAY + starts + length,
                        visits_left,
                        freeze: freeze.map(|(from, length)| Freeze {
                            from: TODAY + from,
                            until: TODAY + from + length,
                            until_date: String::new(),
                        }),
                    }),
                0..4,
            ),
            barred: bool,
        ) {
            let decision = decide(&MemberFacts { barred, ..facts(&subscriptions) });
            let lets_in = matches!(
                standing(TODAY, 7, barred, &subscriptions),
                Standing::Active | Standing::EndsSoon
            );
            prop_assert_eq!(decision.verdict != Verdict::Deny, lets_in);
            prop_assert_eq!(decision.reason.is_some(), decision.verdict != Verdict::Allow);
            if let Some(Reason::Expired { days } | Reason::EndsSoon { days }) = decision.reason {
                prop_assert!(days >= 0);
            }
        }
    }
}
