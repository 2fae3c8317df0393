//! The gym's day, and its rules about time.
//!
//! The day starts at a setting (04:00) in the gym's zone and rolls over by the clock, without an
//! event. Subscriptions count in whole gym days, so whoever trains past midnight trains on the
//! day that they came in.

use cadence_config::Config;
use jiff::{
    ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use protocol::{Millis, gym::GymClock};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// The gym's clock, name and rules about time.
#[derive(Clone)]
pub struct GymTime {
    /// The gym's name.
    pub gym: String,
    /// Where the gym is.
    pub zone: TimeZone,
    /// When its day starts, in minutes after midnight.
    pub day_starts: u16,
    /// How many people fit in; 0 when not set.
    pub capacity: i64,
    /// The door or desk of a check-in that names none.
    pub location: String,
    /// From how many days before its end a subscription is worth a word.
    pub soon_days: i64,
    /// How long a check-in can be taken back.
    pub undo: Duration,
    /// How long a second scan of the same code repeats the first card.
    pub repeat: Duration,
    /// How old a command may be when it arrives.
    pub back: Duration,
    /// How far a client's clock may be ahead.
    pub ahead: Duration,
    now: Clock,
}

/// Where the time comes from.
#[derive(Clone)]
enum Clock {
    /// The system, corrected by how far the database's clock is ahead. All clones share that.
    System(Arc<AtomicI64>),
    /// A test.
    Fixed(Arc<dyn Fn() -> Millis + Send + Sync>),
}

/// Less than this is the time that the database's answer was under way.
const SAME: Millis = 50;

impl GymTime {
    /// A gym in `zone` with the usual rules, on the system's clock.
    pub fn new(gym: impl Into<String>, zone: TimeZone) -> Self {
        Self {
            gym: gym.into(),
            zone,
            day_starts: 4 * 60,
            capacity: 0,
            location: "Front desk".to_owned(),
            soon_days: 7,
            undo: Duration::from_secs(60),
            repeat: Duration::from_secs(10),
            back: Duration::from_secs(24 * 3_600),
            ahead: Duration::from_secs(2),
            now: Clock::System(Arc::default()),
        }
    }

    /// The same gym on another clock, for tests that must not wait.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        self.now = Clock::Fixed(Arc::new(now));
        self
    }

    /// This moment. With PostgreSQL it is its server's, as far as this node can tell, so that
    /// what one node records is not in another's future.
    pub fn now(&self) -> Millis {
        match &self.now {
            Clock::System(ahead) => system_now() + ahead.load(Ordering::Relaxed),
            Clock::Fixed(now) => now(),
        }
    }

    /// Notes the time of the database's clock and returns the time that counts: that one, except
    /// in a test that sets its own.
    pub(super) fn set_by_database(&self, database: Millis) -> Millis {
        match &self.now {
            Clock::System(ahead) => {
                let difference = database - system_now();
                if (difference - ahead.load(Ordering::Relaxed)).abs() > SAME {
                    ahead.store(difference, Ordering::Relaxed);
                }
                database
            }
            Clock::Fixed(now) => now(),
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
    pub fn today(&self, moment: Millis) -> Today {
        Today { day: day_number(self.day(moment).date), soon_days: self.soon_days }
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
    pub fn gym_clock(&self, moment: Millis) -> GymClock {
        let day = self.day(moment);
        GymClock {
            gym: self.gym.clone(),
            utc_offset_minutes: self.utc_offset_minutes(moment),
            day_start: day.start,
            day_end: day.end,
            capacity: self.capacity,
            undo_ms: in_millis(self.undo),
            repeat_ms: in_millis(self.repeat),
        }
    }

    /// When the gym day called `date` begins. Where the clocks jump over it, just after the jump.
    fn start_of(&self, date: Date) -> Millis {
        let minutes = self.day_starts.min(24 * 60 - 1);
        let hour = i8::try_from(minutes / 60).unwrap_or_default();
        let minute = i8::try_from(minutes % 60).unwrap_or_default();
        let time = Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight());
        match self.zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible() {
            Ok(start) => start.as_millisecond(),
            // Only at the ends of jiff's calendar, thousands of years away.
            Err(_) => Millis::MAX,
        }
    }

    fn local(&self, moment: Millis) -> jiff::Zoned {
        jiff::Timestamp::from_millisecond(moment)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone.clone())
    }
}

fn in_millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

fn system_now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

impl From<&Config> for GymTime {
    fn from(config: &Config) -> Self {
        let seconds = |n: u32| Duration::from_secs(u64::from(n));
        let starts = config.gym.day_starts.0;
        let mut time = Self::new(config.gym.name.clone(), config.gym.time_zone.0.clone());
        time.day_starts = u16::from(starts.hour().unsigned_abs()) * 60
            + u16::from(starts.minute().unsigned_abs());
        time.capacity = i64::from(config.gym.capacity);
        time.location.clone_from(&config.gym.location);
        time.soon_days = i64::from(config.gym.ends_soon_days);
        time.undo = seconds(config.desk.undo_seconds);
        time.repeat = seconds(config.desk.repeat_seconds);
        time.back = seconds(config.desk.command_max_age_hours) * 3_600;
        time
    }
}

impl fmt::Debug for GymTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GymTime")
            .field("gym", &self.gym)
            .field("zone", &self.zone)
            .field("day_starts", &self.day_starts)
            .finish_non_exhaustive()
    }
}

/// A gym day in numbers, and how far ahead its rules look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// See [`day_number`].
    pub day: i64,
    /// See [`GymTime::soon_days`].
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
pub fn day_number(date: Date) -> i64 {
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
}
