//! Dates, times and numbers in the page's language. A place's time comes in as minutes ahead of UTC,
//! so that the server's page and the browser's are the same.

pub use crate::number::grouped;
use crate::{
    count_words,
    language::{Language, language},
    words,
};

/// A moment, in milliseconds since 1970-01-01 UTC.
type Millis = i64;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const WEEKDAYS_JA: [&str; 7] = ["木", "金", "土", "日", "月", "火", "水"];

/// `17:02`
pub fn clock(at: Millis, utc_offset_minutes: i32) -> String {
    let minutes = local(at, utc_offset_minutes).rem_euclid(DAY) / MINUTE;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `17:02:08`
pub fn clock_seconds(at: Millis, utc_offset_minutes: i32) -> String {
    let seconds = local(at, utc_offset_minutes).rem_euclid(MINUTE) / 1000;
    format!("{}:{seconds:02}", clock(at, utc_offset_minutes))
}

/// `Sunday 22 November`, `11月22日（日）`
pub fn weekday_date(at: Millis, utc_offset_minutes: i32) -> String {
    let days = local(at, utc_offset_minutes).div_euclid(DAY);
    let weekday = days.rem_euclid(7) as usize;
    let (_, month, day) = civil(days);
    match language() {
        Language::English => format!("{} {day} {}", WEEKDAYS[weekday], MONTHS[month - 1]),
        Language::Japanese => format!("{month}月{day}日（{}）", WEEKDAYS_JA[weekday]),
    }
}

/// `Sun`, `日曜日`
pub fn weekday(at: Millis, utc_offset_minutes: i32) -> String {
    let days = local(at, utc_offset_minutes).div_euclid(DAY);
    let weekday = days.rem_euclid(7) as usize;
    match language() {
        Language::English => WEEKDAYS[weekday][..3].to_owned(),
        Language::Japanese => format!("{}曜日", WEEKDAYS_JA[weekday]),
    }
}

/// `22 Nov 2026`, `2026年11月22日`
pub fn date(at: Millis, utc_offset_minutes: i32) -> String {
    let (year, month, day) = civil(local(at, utc_offset_minutes).div_euclid(DAY));
    match language() {
        Language::English => format!("{day} {} {year}", &MONTHS[month - 1][..3]),
        Language::Japanese => format!("{year}年{month}月{day}日"),
    }
}

/// `2026-11-22` as `22 November` or `11月22日`; what is no such date comes back as it is.
pub fn day(iso: &str) -> String {
    match (parts(iso), language()) {
        (Some((_, month, day)), Language::English) => format!("{day} {}", MONTHS[month - 1]),
        (Some((_, month, day)), Language::Japanese) => format!("{month}月{day}日"),
        (None, _) => iso.to_owned(),
    }
}

/// `2026-11-22` as `22 Nov` or `11/22`.
pub fn day_short(iso: &str) -> String {
    match (parts(iso), language()) {
        (Some((_, month, day)), Language::English) => format!("{day} {}", &MONTHS[month - 1][..3]),
        (Some((_, month, day)), Language::Japanese) => format!("{month}/{day}"),
        (None, _) => iso.to_owned(),
    }
}

/// How long something took, in its two largest units: `41 s`, `12 min`, `2 h 14 min`, `3 d 2 h`;
/// `41秒`, `12分`, `2時間14分`, `3日2時間`.
pub fn duration(ms: Millis) -> String {
    let ms = ms.max(0);
    let english = language() == Language::English;
    match ms {
        _ if ms < MINUTE && english => format!("{} s", ms / 1000),
        _ if ms < MINUTE => format!("{}秒", ms / 1000),
        _ if ms < HOUR && english => format!("{} min", ms / MINUTE),
        _ if ms < HOUR => format!("{}分", ms / MINUTE),
        _ if ms < DAY && english => format!("{} h {:02} min", ms / HOUR, ms % HOUR / MINUTE),
        _ if ms < DAY => format!("{}時間{}分", ms / HOUR, ms % HOUR / MINUTE),
        _ if english => format!("{} d {} h", ms / DAY, ms % DAY / HOUR),
        _ => format!("{}日{}時間", ms / DAY, ms % DAY / HOUR),
    }
}

/// A visit's length for a card or badge: `38 min`, `1 h 08`; `38分`, `1時間8分`.
pub fn stay(minutes: f64) -> String {
    let minutes = minutes.max(0.0).round() as i64;
    match (minutes, language()) {
        (0..60, Language::English) => format!("{minutes} min"),
        (_, Language::English) => format!("{} h {:02}", minutes / 60, minutes % 60),
        (0..60, Language::Japanese) => format!("{minutes}分"),
        (_, Language::Japanese) => format!("{}時間{}分", minutes / 60, minutes % 60),
    }
}

/// A length of time to the second: `42 s`, `7 min 42 s`, `1 h 07 min 42 s`; `42秒`, `7分42秒`.
pub fn exact(ms: Millis) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (language(), hours, minutes) {
        (Language::English, 0, 0) => format!("{seconds} s"),
        (Language::English, 0, _) => format!("{minutes} min {seconds:02} s"),
        (Language::English, ..) => format!("{hours} h {minutes:02} min {seconds:02} s"),
        (Language::Japanese, 0, 0) => format!("{seconds}秒"),
        (Language::Japanese, 0, _) => format!("{minutes}分{seconds:02}秒"),
        (Language::Japanese, ..) => format!("{hours}時間{minutes:02}分{seconds:02}秒"),
    }
}

/// How long ago: `just now`, `40 s ago`, `12 min ago`, `2 h ago`, `3 days ago`.
pub fn ago(ms: Millis) -> String {
    match ms {
        _ if ms < 5_000 => words!(shared.just_now).to_owned(),
        _ if ms < MINUTE => words!(shared.seconds_ago, count = ms / 1000),
        _ if ms < HOUR => words!(shared.minutes_ago, count = ms / MINUTE),
        _ if ms < DAY => words!(shared.hours_ago, count = ms / HOUR),
        _ => count_words!(shared.days_ago, ms / DAY),
    }
}

fn local(at: Millis, utc_offset_minutes: i32) -> Millis {
    at + Millis::from(utc_offset_minutes) * MINUTE
}

fn parts(iso: &str) -> Option<(i64, usize, usize)> {
    let mut fields = iso.splitn(3, '-');
    let year = fields.next()?.parse().ok()?;
    let month = fields.next()?.parse().ok().filter(|month| (1..=12).contains(month))?;
    let day = fields.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    Some((year, month, day))
}

/// Year, month (1–12) and day of a count of days since 1970-01-01, by the proleptic Gregorian
/// calendar. Years are counted from March, so that a leap day is the last day of its year.
fn civil(days: i64) -> (i64, usize, usize) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as usize, day as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::{Owner, provide_context};

    /// 2026-11-22 06:22:08 UTC.
    const MORNING: Millis = 1_795_328_528_000;

    #[test]
    fn a_moment_is_shown_in_the_time_of_the_place() {
        assert_eq!(clock(MORNING, 0), "06:22");
        assert_eq!(clock(MORNING, 540), "15:22", "Tokyo");
        assert_eq!(clock(MORNING, -420), "23:22", "Denver, the evening before");
        assert_eq!(clock_seconds(MORNING, 60), "07:22:08");
        assert_eq!(weekday_date(MORNING, 0), "Sunday 22 November");
        assert_eq!(weekday_date(MORNING, -420), "Saturday 21 November");
        assert_eq!(date(MORNING, 0), "22 Nov 2026");
    }

    #[test]
    fn the_calendar_knows_leap_years_and_the_time_before_1970() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
        assert_eq!(weekday_date(0, 0), "Thursday 1 January");
    }

    #[test]
    fn a_date_of_the_wire_reads_like_a_date_and_anything_else_stays() {
        assert_eq!(day("2026-12-14"), "14 December");
        assert_eq!(day_short("2026-12-04"), "4 Dec");
        assert_eq!(day("2026-13-01"), "2026-13-01");
        assert_eq!(day("soon"), "soon");
    }

    #[test]
    fn durations_show_two_units_at_most() {
        assert_eq!(duration(41_900), "41 s");
        assert_eq!(duration(12 * MINUTE), "12 min");
        assert_eq!(duration(2 * HOUR + 4 * MINUTE), "2 h 04 min");
        assert_eq!(duration(74 * HOUR), "3 d 2 h");
        assert_eq!(duration(-5), "0 s");
        assert_eq!(stay(38.4), "38 min");
        assert_eq!(stay(59.6), "1 h 00");
        assert_eq!(stay(68.0), "1 h 08");
        assert_eq!(ago(4_000), "just now");
        assert_eq!(ago(40_000), "40 s ago");
        assert_eq!(ago(49 * HOUR), "2 days ago");
        assert_eq!(ago(25 * HOUR), "1 day ago");
    }

    #[test]
    fn japanese_has_its_own_order_and_units() {
        Owner::new().with(|| {
            provide_context(Language::Japanese);
            assert_eq!(weekday_date(MORNING, 0), "11月22日（日）");
            assert_eq!(weekday_date(MORNING, -420), "11月21日（土）");
            assert_eq!(date(MORNING, 0), "2026年11月22日");
            assert_eq!(day("2026-12-14"), "12月14日");
            assert_eq!(duration(2 * HOUR + 4 * MINUTE), "2時間4分");
            assert_eq!(stay(68.0), "1時間8分");
            assert_eq!(exact(462_000), "7分42秒");
            assert_eq!(ago(25 * HOUR), "1日前");
            assert_eq!(clock(MORNING, 540), "15:22");
        });
    }
}
