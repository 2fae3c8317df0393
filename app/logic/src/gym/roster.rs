//! What the events of `checkins` do to a page that shows the gym.

use protocol::{
    ClientMessage, Millis, ServerMessage,
    gym::{Activity, CheckInAnswer, GymClock, GymSnapshot, Refusal, Stats, Verdict, Visit},
    server::Outcome,
};
use std::collections::HashSet;
use uuid::Uuid;

/// How many lines of activity, and how many visits, are kept.
const MAX_LINES: usize = 50;
const HOUR_MS: Millis = 3_600_000;
const DAY_MS: Millis = 24 * HOUR_MS;
const MINUTE_MS: f64 = 60_000.0;

/// The state of dashboard and desk: a snapshot, changed by each event.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    gym: GymSnapshot,
    /// Figures that include events which have not come yet; applied when those have come.
    ahead: Option<Stats>,
    /// What was counted since the snapshot, so that no change is counted twice.
    seen: HashSet<(CountedChange, Uuid)>,
}

/// A change that counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum CountedChange {
    VisitBegan,
    VisitEnded,
    VisitUndone,
    MemberRefused,
}

impl Roster {
    /// The state of a snapshot.
    pub fn new(gym: GymSnapshot) -> Self {
        Self { gym, ahead: None, seen: HashSet::new() }
    }

    /// The figures.
    pub fn stats(&self) -> &Stats {
        &self.gym.stats
    }

    /// The gym's day and clock.
    pub fn clock(&self) -> &GymClock {
        &self.gym.clock
    }

    /// The newest activity first.
    pub fn activity(&self) -> &[Activity] {
        &self.gym.activity
    }

    /// The newest visits first.
    pub fn visits(&self) -> &[Visit] {
        &self.gym.visits
    }

    /// Check-ins begun in each hour of the gym day, the first hour first.
    pub fn hours(&self) -> &[i64] {
        &self.gym.hours
    }

    /// How full the gym is, in hundredths; `None` when its capacity is not set.
    pub fn percent_full(&self) -> Option<i64> {
        let capacity = self.gym.clock.capacity;
        (capacity > 0).then(|| self.gym.stats.currently_in * 100 / capacity)
    }

    /// The open visit of a member among the newest visits.
    pub fn open_visit(&self, member: Uuid) -> Option<&Visit> {
        self.gym.visits.iter().find(|v| v.member.id == member && v.check_out_time.is_none())
    }

    /// Takes the clock of a newer snapshot, for example after the gym's day began.
    pub fn set_clock(&mut self, clock: GymClock) {
        if clock.day_start >= self.gym.clock.day_start {
            self.roll_over(clock.day_start);
            self.gym.clock = clock;
        }
    }

    /// Applies an event. Events come in the log's order; one that is included already changes
    /// nothing.
    pub fn apply(&mut self, message: &ServerMessage, offset: Option<u64>) {
        if let ServerMessage::StatsUpdate(stats) | ServerMessage::InitialStats(stats) = message {
            self.advance(offset);
            return self.apply_stats(*stats);
        }
        if offset.is_some_and(|offset| offset <= self.gym.stats.as_of_offset) {
            return;
        }
        match message {
            ServerMessage::MemberCheckedIn { visit, reason } => {
                self.begin_visit(visit, reason.clone());
            }
            ServerMessage::MemberCheckedOut(visit) => self.end_visit(visit),
            ServerMessage::CheckInUndone { visit, at } => self.undo_visit(visit, *at),
            ServerMessage::Activity(refusal) => self.add_refusal(refusal),
            // Applied above, or not about the gym.
            ServerMessage::InitialStats(_)
            | ServerMessage::StatsUpdate(_)
            | ServerMessage::Welcome(_)
            | ServerMessage::Ack(_)
            | ServerMessage::Error(_)
            | ServerMessage::Pong { .. }
            | ServerMessage::Snapshot(_)
            | ServerMessage::AuthExpiring { .. }
            | ServerMessage::ServerRestart { .. }
            | ServerMessage::PracticeUpdate(_)
            | ServerMessage::ConnectionUpdate(_)
            | ServerMessage::Note(_) => {}
        }
        self.advance(offset);
    }

    /// Applies the answer to this page's own command, in the place of the event that it became.
    /// `now` is the moment of the answer, for commands that carry none.
    pub fn apply_answer(
        &mut self,
        id: Uuid,
        message: &ClientMessage,
        outcome: &Outcome,
        offset: Option<u64>,
        now: Millis,
    ) {
        let Some(offset) = offset else { return };
        if offset <= self.gym.stats.as_of_offset {
            return;
        }
        match outcome {
            Outcome::CheckIn(answer) => {
                if let ClientMessage::CheckIn(asked) = message {
                    let at = asked.at.unwrap_or(now);
                    self.apply_decision(id, answer, asked.location.as_deref(), at);
                }
            }
            Outcome::CheckOut { visit } => self.end_visit(visit),
            Outcome::Undone { visit } => {
                if let ClientMessage::UndoCheckIn(asked) = message {
                    self.undo_visit(visit, asked.at.unwrap_or(now));
                }
            }
            // Not outcomes of a desk's command.
            Outcome::Done
            | Outcome::Subscribed(_)
            | Outcome::Practice(_)
            | Outcome::Participant { .. } => {}
        }
        self.advance(Some(offset));
    }

    /// Takes the server's figures, unless they are older than the ones shown. Figures that
    /// include events which have not come yet wait for them.
    pub fn apply_stats(&mut self, stats: Stats) {
        if stats.as_of_offset < self.gym.stats.as_of_offset {
            return;
        }
        if stats.as_of_offset > self.gym.stats.as_of_offset {
            self.ahead = Some(stats);
            return;
        }
        self.roll_over(stats.timestamp);
        self.gym.stats = stats;
    }

    fn advance(&mut self, offset: Option<u64>) {
        let Some(offset) = offset else { return };
        self.gym.stats.as_of_offset = self.gym.stats.as_of_offset.max(offset);
        if let Some(ahead) = self.ahead.take_if(|stats| stats.as_of_offset <= offset) {
            self.apply_stats(ahead);
        }
    }

    fn apply_decision(
        &mut self,
        id: Uuid,
        answer: &CheckInAnswer,
        location: Option<&str>,
        at: Millis,
    ) {
        match (&answer.visit, &answer.reason) {
            (Some(visit), reason) if answer.verdict != Verdict::Deny => {
                self.begin_visit(visit, reason.clone());
            }
            (_, Some(reason)) if answer.verdict == Verdict::Deny && !answer.repeated => {
                self.add_refusal(&Refusal {
                    id,
                    member: answer.member.clone(),
                    location: location.unwrap_or_default().to_owned(),
                    at,
                    reason: reason.clone(),
                });
            }
            _ => {}
        }
    }

    fn begin_visit(&mut self, visit: &Visit, reason: Option<protocol::gym::Reason>) {
        let known = self.gym.visits.iter().any(|shown| shown.id == visit.id);
        if known || !self.seen.insert((CountedChange::VisitBegan, visit.id)) {
            return;
        }
        self.roll_over(visit.check_in_time);
        self.gym.stats.currently_in += 1;
        if let Some(hour) = self.hour_of(visit.check_in_time) {
            self.gym.stats.today_total += 1;
            if self.gym.hours.len() <= hour {
                self.gym.hours.resize(hour + 1, 0);
            }
            self.gym.hours[hour] += 1;
        }
        // A desk that was offline sends visits of a while ago; they are listed at their own time.
        let newer = |shown: &Visit| shown.check_in_time > visit.check_in_time;
        let place = self.gym.visits.iter().take_while(|shown| newer(shown)).count();
        self.gym.visits.insert(place, visit.clone());
        self.gym.visits.truncate(MAX_LINES);
        self.push_activity(Activity::CheckedIn { visit: visit.clone(), reason });
    }

    fn end_visit(&mut self, visit: &Visit) {
        let Some(left) = visit.check_out_time else { return };
        let mut shown = self.gym.visits.iter_mut().find(|shown| shown.id == visit.id);
        if shown.as_ref().is_some_and(|shown| shown.check_out_time.is_some())
            || !self.seen.insert((CountedChange::VisitEnded, visit.id))
        {
            return;
        }
        if let Some(shown) = shown.as_mut() {
            shown.clone_from(visit);
        }
        self.roll_over(left);
        self.gym.stats.currently_in -= 1;
        if self.counts_for_the_average(visit) {
            self.update_average(visit, 1);
        }
        self.push_activity(Activity::CheckedOut { visit: visit.clone() });
    }

    fn undo_visit(&mut self, visit: &Visit, at: Millis) {
        if !self.seen.insert((CountedChange::VisitUndone, visit.id)) {
            return;
        }
        self.gym.visits.retain(|shown| shown.id != visit.id);
        match visit.check_out_time {
            None => self.gym.stats.currently_in -= 1,
            Some(_) if self.counts_for_the_average(visit) => self.update_average(visit, -1),
            Some(_) => {}
        }
        if let Some(hour) = self.hour_of(visit.check_in_time) {
            self.gym.stats.today_total -= 1;
            if let Some(count) = self.gym.hours.get_mut(hour) {
                *count -= 1;
            }
        }
        self.push_activity(Activity::Undone { visit: visit.clone(), at });
    }

    fn add_refusal(&mut self, refusal: &Refusal) {
        if self.seen.insert((CountedChange::MemberRefused, refusal.id)) {
            self.push_activity(Activity::Refused(refusal.clone()));
        }
    }

    fn push_activity(&mut self, activity: Activity) {
        self.gym.activity.insert(0, activity);
        self.gym.activity.truncate(MAX_LINES);
    }

    /// Automatic closings, and visits closed on another day, do not count for the average stay.
    fn counts_for_the_average(&self, visit: &Visit) -> bool {
        let today = |left| left >= self.gym.clock.day_start;
        !visit.closed_automatically && visit.check_out_time.is_some_and(today)
    }

    /// Adds a visit's length to the mean, or takes it out again.
    fn update_average(&mut self, visit: &Visit, sign: i64) {
        let stats = &mut self.gym.stats;
        let left = visit.check_out_time.unwrap_or(visit.check_in_time);
        let minutes = (left - visit.check_in_time) as f64 / MINUTE_MS;
        let before = stats.average_stay_minutes.unwrap_or(0.0) * stats.finished_visits as f64;
        stats.finished_visits = (stats.finished_visits + sign).max(0);
        let total = before + minutes * sign as f64;
        stats.average_stay_minutes =
            (stats.finished_visits > 0).then(|| total / stats.finished_visits as f64);
    }

    /// Which hour of the gym day a moment falls into; `None` for another day's.
    fn hour_of(&self, at: Millis) -> Option<usize> {
        let clock = &self.gym.clock;
        (clock.day_start..clock.day_end)
            .contains(&at)
            .then(|| ((at - clock.day_start) / HOUR_MS) as usize)
    }

    /// Begins a new gym day when `now` lies after the end of the shown one. The new day is assumed
    /// to have 24 hours; where the clocks change that night, the next snapshot corrects it.
    fn roll_over(&mut self, now: Millis) {
        let clock = &mut self.gym.clock;
        if now < clock.day_end || clock.day_end <= clock.day_start {
            return;
        }
        let days = (now - clock.day_end) / DAY_MS + 1;
        clock.day_start = clock.day_end + (days - 1) * DAY_MS;
        clock.day_end = clock.day_start + DAY_MS;
        let stats = &mut self.gym.stats;
        stats.today_total = 0;
        stats.average_stay_minutes = None;
        stats.finished_visits = 0;
        self.gym.hours.clear();
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocol::gym::{CheckIn, MemberRef, Reason, UndoCheckIn};

    const DAY_START: Millis = 1_795_320_000_000;

    fn member(number: u128) -> MemberRef {
        MemberRef {
            id: Uuid::from_u128(number),
            number: format!("M-{number}"),
            full_name: format!("Member {number}"),
        }
    }

    fn visit(number: u128, minute: i64) -> Visit {
        Visit {
            id: Uuid::from_u128(1_000 + number),
            member: member(number),
            location: "Desk 1".to_owned(),
            check_in_time: DAY_START + minute * 60_000,
            check_out_time: None,
            closed_automatically: false,
        }
    }

    fn left(visit: &Visit, minute: i64) -> Visit {
        Visit { check_out_time: Some(DAY_START + minute * 60_000), ..visit.clone() }
    }

    fn refusal(number: u128) -> Refusal {
        Refusal {
            id: Uuid::from_u128(9_000 + number),
            member: member(number),
            location: "Desk 1".to_owned(),
            at: DAY_START,
            reason: Reason::Barred,
        }
    }

    fn empty() -> Roster {
        Roster::new(GymSnapshot {
            stats: Stats {
                currently_in: 0,
                today_total: 0,
                average_stay_minutes: None,
                finished_visits: 0,
                as_of_offset: 0,
                timestamp: DAY_START,
            },
            clock: GymClock {
                gym: "Test".to_owned(),
                utc_offset_minutes: 60,
                day_start: DAY_START,
                day_end: DAY_START + DAY_MS,
                capacity: 80,
                undo_ms: 60_000,
                repeat_ms: 10_000,
            },
            activity: Vec::new(),
            visits: Vec::new(),
            hours: Vec::new(),
        })
    }

    fn came(visit: &Visit) -> ServerMessage {
        ServerMessage::MemberCheckedIn { visit: visit.clone(), reason: None }
    }

    #[test]
    fn the_figures_follow_each_event_at_once() {
        let mut roster = empty();
        let (first, second) = (visit(1, 10), visit(2, 70));
        roster.apply(&came(&first), Some(1));
        roster.apply(&came(&second), Some(2));
        assert_eq!((roster.stats().currently_in, roster.stats().today_total), (2, 2));
        assert_eq!(roster.hours(), [1, 1]);
        roster.apply(&ServerMessage::MemberCheckedOut(left(&first, 70)), Some(3));
        assert_eq!(roster.stats().currently_in, 1);
        assert_eq!(roster.stats().average_stay_minutes, Some(60.0));
        assert_eq!(roster.visits()[1].check_out_time, left(&first, 70).check_out_time);
        let undone = ServerMessage::CheckInUndone { visit: second.clone(), at: DAY_START };
        roster.apply(&undone, Some(4));
        assert_eq!((roster.stats().currently_in, roster.stats().today_total), (0, 1));
        assert_eq!((roster.hours(), roster.visits().len()), (&[1, 0][..], 1));
        roster.apply(&ServerMessage::Activity(refusal(3)), Some(5));
        assert_eq!(roster.activity().len(), 5);
        assert_eq!(roster.stats().as_of_offset, 5);
    }

    #[test]
    fn an_event_that_is_included_already_changes_nothing() {
        let mut roster = empty();
        let first = visit(1, 10);
        roster.apply(&came(&first), Some(1));
        let before = roster.clone();
        roster.apply(&came(&first), Some(1));
        assert_eq!(roster, before, "by its offset");
        roster.apply(&came(&first), Some(2));
        assert_eq!(roster.stats().currently_in, 1, "and by its visit");
        let ended = ServerMessage::MemberCheckedOut(left(&first, 20));
        roster.apply(&ended, Some(3));
        roster.apply(&ended, Some(4));
        assert_eq!(roster.stats().currently_in, 0);
        assert_eq!(roster.stats().finished_visits, 1);
    }

    #[test]
    fn a_visit_that_is_no_longer_listed_still_counts_when_it_ends() {
        let mut roster = empty();
        for number in 0..60 {
            roster.apply(&came(&visit(number, number as i64)), Some(number as u64 + 1));
        }
        assert_eq!((roster.visits().len(), roster.activity().len()), (50, 50));
        assert_eq!(roster.visits()[0].member.number, "M-59");
        roster.apply(&ServerMessage::MemberCheckedOut(left(&visit(0, 0), 61)), Some(61));
        assert_eq!((roster.stats().currently_in, roster.stats().finished_visits), (59, 1));
    }

    #[test]
    fn visits_that_the_gym_closed_itself_do_not_count_for_the_average_stay() {
        let mut roster = empty();
        let first = visit(1, 10);
        roster.apply(&came(&first), Some(1));
        let closed = Visit { closed_automatically: true, ..left(&first, 900) };
        roster.apply(&ServerMessage::MemberCheckedOut(closed), Some(2));
        assert_eq!(roster.stats().currently_in, 0);
        assert_eq!(roster.stats().average_stay_minutes, None);
    }

    #[test]
    fn figures_that_are_older_than_the_shown_ones_are_ignored() {
        let mut roster = empty();
        roster.apply(&came(&visit(1, 10)), Some(1));
        let old = *empty().stats();
        roster.apply(&ServerMessage::StatsUpdate(old), None);
        assert_eq!(roster.stats().currently_in, 1);
    }

    #[test]
    fn figures_that_are_ahead_wait_for_the_events_that_they_include() {
        let mut roster = empty();
        let counted =
            Stats { currently_in: 40, today_total: 41, as_of_offset: 1, ..*roster.stats() };
        roster.apply_stats(counted);
        assert_eq!(roster.stats().currently_in, 0);
        roster.apply(&came(&visit(1, 10)), Some(1));
        assert_eq!(*roster.stats(), counted, "not 41: the event is in the figures");
    }

    #[test]
    fn ones_own_check_in_counts_where_its_answer_stands_and_a_repeat_does_not() {
        let mut roster = empty();
        let first = visit(1, 10);
        let asked = ClientMessage::CheckIn(CheckIn {
            member: "M-1".to_owned(),
            location: Some("Desk 2".to_owned()),
            notes: None,
            override_reason: None,
            at: Some(DAY_START),
        });
        let answer = |verdict, reason, visit| {
            Outcome::CheckIn(CheckInAnswer {
                verdict,
                reason,
                member: member(1),
                membership: None,
                visit,
                visit_of_month: None,
                repeated: false,
            })
        };
        let mut tell = |number: u128, outcome: &Outcome, offset| {
            roster.apply_answer(Uuid::from_u128(number), &asked, outcome, offset, DAY_START);
            (roster.stats().currently_in, roster.activity().len())
        };
        let allowed = answer(Verdict::Allow, None, Some(first.clone()));
        assert_eq!(tell(1, &allowed, Some(1)), (1, 1));
        assert_eq!(tell(2, &allowed, None), (1, 1), "no event, nothing counted");
        let since = Reason::AlreadyIn { since: first.check_in_time, location: "Desk 1".into() };
        let already = answer(Verdict::Warn, Some(since), Some(first.clone()));
        assert_eq!(tell(3, &already, Some(2)), (1, 1));
        let refused = answer(Verdict::Deny, Some(Reason::Barred), None);
        assert_eq!(tell(4, &refused, Some(3)), (1, 2));
        let undo = ClientMessage::UndoCheckIn(UndoCheckIn { visit: first.id, at: None });
        let undone = Outcome::Undone { visit: first };
        roster.apply_answer(Uuid::from_u128(5), &undo, &undone, Some(4), DAY_START);
        assert_eq!(roster.stats().currently_in, 0);
    }

    #[test]
    fn the_gyms_day_begins_anew_and_who_is_in_stays_in() {
        let mut roster = empty();
        roster.apply(&came(&visit(1, 10)), Some(1));
        let morning = Stats {
            today_total: 0,
            currently_in: 1,
            timestamp: DAY_START + DAY_MS + 1,
            ..*roster.stats()
        };
        roster.apply(&ServerMessage::StatsUpdate(morning), None);
        assert_eq!((roster.stats().today_total, roster.stats().currently_in), (0, 1));
        assert_eq!(roster.clock().day_start, DAY_START + DAY_MS);
        assert!(roster.hours().is_empty());
        let tomorrow = visit(2, 24 * 60 + 130);
        roster.apply(&came(&tomorrow), Some(2));
        assert_eq!(roster.hours(), [0, 0, 1]);
    }

    #[test]
    fn an_event_of_the_next_day_begins_it_even_when_no_figures_came() {
        let mut roster = empty();
        roster.apply(&came(&visit(1, 10)), Some(1));
        roster.apply(&came(&visit(2, 3 * 24 * 60 + 5)), Some(2));
        assert_eq!((roster.stats().today_total, roster.stats().currently_in), (1, 2));
        assert_eq!(roster.clock().day_start, DAY_START + 3 * DAY_MS);
        let late = visit(3, 20);
        roster.apply(&came(&late), Some(3));
        assert_eq!(roster.stats().today_total, 1, "a late record of an earlier day is not today's");
        assert_eq!(roster.visits().last(), Some(&visit(1, 10)));
        assert_eq!(roster.visits()[1], late, "and it stands at its own time");
    }

    proptest! {
        /// Whatever happens in whatever order, the figures equal a count from scratch.
        #[test]
        fn after_any_day_the_figures_equal_a_count_from_scratch(
            steps in proptest::collection::vec((0_u8..4, 0_usize..200, any::<bool>()), 0..300),
        ) {
            let mut roster = empty();
            let mut visits: Vec<Visit> = Vec::new();
            let mut refused = 0;
            let mut offset = 0;
            for (minute, (what, which, automatic)) in steps.into_iter().enumerate() {
                let minute = minute as i64 * 4;
                let open: Vec<usize> = (0..visits.len())
                    .filter(|index| visits[*index].check_out_time.is_none())
                    .collect();
                let picked = (!open.is_empty()).then(|| open[which % open.len().max(1)]);
                let message = match (what, picked) {
                    (1, Some(index)) => {
                        visits[index] = Visit {
                            closed_automatically: automatic,
                            ..left(&visits[index], minute)
                        };
                        ServerMessage::MemberCheckedOut(visits[index].clone())
                    }
                    (2, Some(index)) => {
                        let visit = visits.remove(index);
                        ServerMessage::CheckInUndone { visit, at: DAY_START }
                    }
                    (3, _) => {
                        refused += 1;
                        ServerMessage::Activity(refusal(refused))
                    }
                    _ => {
                        let visit = visit(offset as u128, minute);
                        visits.push(visit.clone());
                        came(&visit)
                    }
                };
                offset += 1;
                roster.apply(&message, Some(offset));
                // A resend after a reconnect must not show.
                roster.apply(&message, Some(offset));
            }

            let stats = roster.stats();
            let is_open = |visit: &&Visit| visit.check_out_time.is_none();
            prop_assert_eq!(stats.currently_in, visits.iter().filter(is_open).count() as i64);
            prop_assert_eq!(stats.today_total, visits.len() as i64);
            let stays: Vec<f64> = visits
                .iter()
                .filter(|visit| !visit.closed_automatically)
                .filter_map(|visit| Some((visit.check_out_time? - visit.check_in_time) as f64))
                .map(|ms| ms / MINUTE_MS)
                .collect();
            prop_assert_eq!(stats.finished_visits, stays.len() as i64);
            match stats.average_stay_minutes {
                None => prop_assert!(stays.is_empty()),
                Some(mean) => {
                    let scratch = stays.iter().sum::<f64>() / stays.len() as f64;
                    prop_assert!((mean - scratch).abs() < 1e-6, "{} {}", mean, scratch);
                }
            }
            for (hour, count) in roster.hours().iter().enumerate() {
                let begun = |visit: &&Visit| (visit.check_in_time - DAY_START) / HOUR_MS == hour as i64;
                prop_assert_eq!(*count, visits.iter().filter(begun).count() as i64);
            }
            let newest: Vec<_> = visits.iter().rev().take(roster.visits().len()).collect();
            let shown: Vec<_> = roster.visits().iter().take(newest.len()).collect();
            if visits.len() <= MAX_LINES {
                prop_assert_eq!(shown, newest);
            }
            prop_assert!(roster.visits().len() <= MAX_LINES && roster.activity().len() <= MAX_LINES);
        }
    }
}
