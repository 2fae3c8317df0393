//! The gym's day, and its rules about time.
//!
//! The day starts at the setting `gym.day_starts` in the gym's zone and rolls over by the clock,
//! without an event. Subscriptions count in whole gym days, so a visit past midnight counts for the
//! day on which it began.

use cadence_base::time::ServerClock;
use cadence_config::{Config, DeskSettings, GymSettings, GymZone, hours, seconds};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use protocol::{Millis, gym::GymClock};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// The gym's clock, and the settings that the rules about time need.
#[derive(Clone)]
pub struct GymTime {
    /// The gym's name, zone and day.
    pub gym: GymSettings,
    /// The times of its desks.
    pub desk: DeskSettings,
    now: ClockSource,
}

/// Where the time comes from.
#[derive(Clone)]
enum ClockSource {
    /// The system, corrected by how far the database's clock is ahead. All clones share that.
    System(Arc<AtomicI64>),
    /// A test.
    Fixed(Arc<dyn Fn() -> Millis + Send + Sync>),
}

/// A difference of the two clocks that the way of the database's answer explains.
const CLOCK_TOLERANCE_MS: Millis = 50;

/// How far a client's clock may be ahead of the server's.
pub(crate) const CLIENT_CLOCK_LEAD_MS: Millis = 2_000;

impl GymTime {
    /// A gym in `zone` with the default settings, on the system's clock.
    pub fn new(name: impl Into<String>, zone: TimeZone) -> Self {
        let (name, time_zone) = (name.into(), GymZone(zone));
        Self {
            gym: GymSettings { name, time_zone, ..GymSettings::default() },
            desk: DeskSettings::default(),
            now: ClockSource::System(Arc::default()),
        }
    }

    /// The same gym on another clock, for tests that must not wait.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        self.now = ClockSource::Fixed(Arc::new(now));
        self
    }

    /// The same moments for those who need nothing else of the gym.
    pub fn server_clock(&self) -> ServerClock {
        let time = self.clone();
        Arc::new(move || time.now())
    }

    /// This moment. With PostgreSQL it is its server's, as this node estimates it, so that
    /// what one node records is not in another's future.
    pub fn now(&self) -> Millis {
        match &self.now {
            ClockSource::System(ahead) => system_now() + ahead.load(Ordering::Relaxed),
            ClockSource::Fixed(now) => now(),
        }
    }

    /// Notes the time of the database's clock and returns the time that counts: that one, except
    /// in a test that sets its own.
    pub(super) fn set_by_database(&self, database: Millis) -> Millis {
        match &self.now {
            ClockSource::System(ahead) => {
                let difference = database - system_now();
                if (difference - ahead.load(Ordering::Relaxed)).abs() > CLOCK_TOLERANCE_MS {
                    ahead.store(difference, Ordering::Relaxed);
                }
                database
            }
            ClockSource::Fixed(now) => now(),
        }
    }

    /// The gym day of a moment.
    pub fn day(&self, moment: Millis) -> GymDay {
        let date = self.local(moment).date();
        let date = match self.start_of(date) {
            start if start > moment => date.saturating_sub(1.day()),
            _ => date,
        };
        GymDay {
            date,
            start: self.start_of(date),
            end: self.start_of(date.saturating_add(1.day())),
        }
    }

    /// A moment's gym day as the rules count it.
    pub fn today(&self, moment: Millis) -> CurrentDay {
        CurrentDay {
            day: day_number(self.day(moment).date),
            soon_days: i64::from(self.gym.ends_soon_days),
        }
    }

    /// When the calendar month of a moment's gym day began.
    pub fn month_start(&self, moment: Millis) -> Millis {
        self.start_of(self.day(moment).date.first_of_month())
    }

    /// Minutes that the gym's time is ahead of UTC at a moment.
    pub fn utc_offset_minutes(&self, moment: Millis) -> i32 {
        self.local(moment).offset().seconds() / 60
    }

    /// The clock as pages need it.
    pub(crate) fn gym_clock(&self, moment: Millis) -> GymClock {
        let day = self.day(moment);
        GymClock {
            gym: self.gym.name.clone(),
            utc_offset_minutes: self.utc_offset_minutes(moment),
            day_start: day.start,
            day_end: day.end,
            capacity: i64::from(self.gym.capacity),
            undo_ms: self.undo_ms(),
            repeat_ms: self.repeat_ms(),
        }
    }

    /// For how many milliseconds a check-in can be taken back.
    pub fn undo_ms(&self) -> Millis {
        seconds(self.desk.undo_seconds)
    }

    /// For how many milliseconds a second scan of the same code repeats the first answer.
    pub fn repeat_ms(&self) -> Millis {
        seconds(self.desk.repeat_seconds)
    }

    /// How many milliseconds ago a command may have been made when it arrives.
    pub(crate) fn command_max_age_ms(&self) -> Millis {
        hours(self.desk.command_max_age_hours)
    }

    /// When the gym day called `date` begins. Where the clocks jump over it, just after the jump.
    fn start_of(&self, date: Date) -> Millis {
        let starts = date.to_datetime(self.gym.day_starts.0);
        match self.gym.time_zone.0.to_ambiguous_timestamp(starts).compatible() {
            Ok(start) => start.as_millisecond(),
            // Only at the ends of jiff's calendar, thousands of years away.
            Err(_) => Millis::MAX,
        }
    }

    fn local(&self, moment: Millis) -> jiff::Zoned {
        jiff::Timestamp::from_millisecond(moment)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(self.gym.time_zone.0.clone())
    }
}

fn system_now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

impl From<&Config> for GymTime {
    fn from(config: &Config) -> Self {
        Self {
            gym: config.gym.clone(),
            desk: config.desk.clone(),
            now: ClockSource::System(Arc::default()),
        }
    }
}

impl fmt::Debug for GymTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GymTime")
            .field("gym", &self.gym)
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}

/// A gym day in numbers, and how far ahead its rules look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentDay {
    /// See [`day_number`].
    pub day: i64,
    /// The setting `gym.ends_soon_days`.
    pub soon_days: i64,
}

/// One day of the gym: `start` belongs to it, `end` to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GymDay {
    /// What the calendar calls it.
    pub date: Date,
    /// When it begins.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
}

/// A date as the rules count it: days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> GymTime {
        GymTime::new("Test", TimeZone::get("Europe/Berlin").expect("bundled"))
    }

    fn at(text: &str) -> Millis {
        text.parse::<jiff::Timestamp>().expect("a timestamp").as_millisecond()
    }

    #[test]
    fn the_day_starts_at_four_and_not_at_midnight() {
        let gym = berlin();
        let before = gym.day(at("2026-11-22T02:59:59.999Z"));
        let after = gym.day(at("2026-11-22T03:00:00Z"));
        assert_eq!(before.date.to_string(), "2026-11-21");
        assert_eq!(after.date.to_string(), "2026-11-22");
        assert_eq!(before.end, after.start);
        assert_eq!(after.start, at("2026-11-22T03:00:00Z"));
    }

    #[test]
    fn a_day_on_which_the_clocks_change_is_23_or_25_hours_long() {
        let gym = berlin();
        let hours = |text| {
            let day = gym.day(at(text));
            (day.end - day.start) / 3_600_000
        };
        assert_eq!(hours("2026-03-28T12:00:00Z"), 23);
        assert_eq!(hours("2026-10-24T12:00:00Z"), 25);
        assert_eq!(hours("2026-11-22T12:00:00Z"), 24);
    }

    #[test]
    fn the_month_begins_with_its_first_gym_day() {
        let gym = berlin();
        assert_eq!(gym.month_start(at("2026-11-22T12:00:00Z")), at("2026-11-01T03:00:00Z"));
        // 01:00 on December 1 still belongs to November 30.
        assert_eq!(gym.month_start(at("2026-12-01T00:00:00Z")), at("2026-11-01T03:00:00Z"));
    }

    #[test]
    fn the_offset_follows_the_season() {
        let gym = berlin();
        assert_eq!(gym.utc_offset_minutes(at("2026-07-01T12:00:00Z")), 120);
        assert_eq!(gym.utc_offset_minutes(at("2026-11-22T12:00:00Z")), 60);
    }

    #[test]
    fn a_database_whose_clock_differs_is_followed_and_a_test_is_not() {
        let gym = berlin();
        let database = system_now() + HOUR;
        assert_eq!(gym.set_by_database(database), database);
        assert!((gym.clone().now() - database).abs() < MINUTE, "clones share it");
        let gym = berlin().with_clock(|| 7);
        assert_eq!((gym.set_by_database(database), gym.now()), (7, 7));
    }

    const MINUTE: Millis = 60_000;
    const HOUR: Millis = 60 * MINUTE;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(day_number(Date::constant(1970, 1, 1)), 0);
        assert_eq!(day_number(Date::constant(2026, 11, 22)), 20_779);
    }

    #[test]
    fn pages_get_the_times_of_the_desk() {
        let mut gym = berlin();
        gym.desk.undo_seconds = 20;
        gym.desk.repeat_seconds = 45;
        let clock = gym.gym_clock(at("2026-11-22T12:00:00Z"));
        assert_eq!((clock.undo_ms, clock.repeat_ms), (20_000, 45_000));
    }
}
