//! `[gym]`

use crate::{
    kind::{SettingKind, quoted},
    raw_value::RawValue,
    table::settings,
};
use jiff::{civil, tz::TimeZone};

settings! {
    /// The gym: its name, its clock and its size. Demo data brings a name and a capacity of its own.
    [gym] GymSettings {
        /// The name above the dashboard.
        name: String = "Cadence Gym".to_owned();
        /// The gym's time zone (IANA name, for example "Asia/Tokyo"). Days, expiry and "today" are
        /// counted in it.
        time_zone: GymZone = GymZone(TimeZone::UTC);
        /// When the gym's day begins, HH:MM in that zone. Visits after midnight and before this
        /// time count for the day before.
        day_starts: TimeOfDay = TimeOfDay(civil::time(4, 0, 0, 0));
        /// How many people fit in; 0 shows no capacity. A full gym still lets members in.
        capacity: u32 = 0, 0..=100_000;
        /// The door or desk of a check-in that names none.
        location: String = "Front desk".to_owned();
        /// From how many days before its end a subscription is shown in amber; with more, desks
        /// speak of a renewal earlier.
        ends_soon_days: u32 = 7, 0..=365;
    }
}

/// The zone in which the gym's days are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct GymZone(pub TimeZone);

impl SettingKind for GymZone {
    fn read(value: &RawValue) -> Result<Self, String> {
        TimeZone::get(value.text()?.trim()).map(Self).map_err(|_| {
            format!("is {value}; it must be the name of a time zone such as Europe/Madrid")
        })
    }

    fn to_toml(&self) -> Option<String> {
        self.0.iana_name().map(quoted)
    }
}

/// A time on the gym's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(pub civil::Time);

/// The error continues a sentence: "is "25:00"; it must be …".
impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let (hour, minute) = text.trim().split_once(':')?;
            civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        parse().map(Self).ok_or_else(|| format!("is {text:?}; it must be a time such as 04:00"))
    }
}

impl SettingKind for TimeOfDay {
    fn read(value: &RawValue) -> Result<Self, String> {
        Self::try_from(value.text()?.to_owned())
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(&self.0.strftime("%H:%M").to_string()))
    }
}
