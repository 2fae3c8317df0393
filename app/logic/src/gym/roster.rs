//! What the events of `checkins` do to a page that shows the gym.

use protocol::{
    ClientMessage, MessageId, Millis, RefusalId, ServerMessage, VisitId,
    gym::{Activity, CheckInAnswer, GymClock, GymSnapshot, Refusal, Stats, Verdict, Visit},
    server::Outcome,
};
use std::collections::HashSet;

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
    seen: HashSet<CountedChange>,
}

/// A change that counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum CountedChange {
    VisitBegan(VisitId),
    VisitEnded(VisitId),
    VisitUndone(VisitId),
    /// With the id of the refusal.
    MemberRefused(RefusalId),
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
            ServerMessage::MemberRefused(refusal) => self.add_refusal(refusal),
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
        id: MessageId,
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
    pub(crate) fn apply_stats(&mut self, stats: Stats) {
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
        id: MessageId,
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
                    // The event, with the refusal's own id, goes to the other connections only.
                    id: RefusalId(id.0),
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
        if known || !self.seen.insert(CountedChange::VisitBegan(visit.id)) {
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
            || !self.seen.insert(CountedChange::VisitEnded(visit.id))
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
        if !self.seen.insert(CountedChange::VisitUndone(visit.id)) {
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
        if self.seen.insert(CountedChange::MemberRefused(refusal.id)) {
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
mod tests;
