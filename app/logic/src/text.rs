//! Times, durations and numbers as people read them. A place's time comes in as minutes ahead of
//! UTC, so that the server's page and the browser's say the same.

use protocol::Millis;

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

/// `Sunday 22 November`
pub fn weekday_date(at: Millis, utc_offset_minutes: i32) -> String {
    let days = local(at, utc_offset_minutes).div_euclid(DAY);
    let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
    let (_, month, day) = civil(days);
    format!("{weekday} {day} {}", MONTHS[month - 1])
}

/// `22 Nov 2026`
pub fn date(at: Millis, utc_offset_minutes: i32) -> String {
    let (year, month, day) = civil(local(at, utc_offset_minutes).div_euclid(DAY));
    format!("{day} {} {year}", &MONTHS[month - 1][..3])
}

/// `2026-11-22` as `22 November`; what is no such date comes back as it is.
pub fn day(iso: &str) -> String {
    match parts(iso) {
        Some((_, month, day)) => format!("{day} {}", MONTHS[month - 1]),
        None => iso.to_owned(),
    }
}

/// `2026-11-22` as `22 Nov`.
pub fn day_short(iso: &str) -> String {
    match parts(iso) {
        Some((_, month, day)) => format!("{day} {}", &MONTHS[month - 1][..3]),
        None => iso.to_owned(),
    }
}

/// How long something took, in its two largest units: `41 s`, `12 min`, `2 h 14 min`, `3 d 2 h`.
pub fn duration(ms: Millis) -> String {
    let ms = ms.max(0);
    match ms {
        _ if ms < MINUTE => format!("{} s", ms / 1000),
        _ if ms < HOUR => format!("{} min", ms / MINUTE),
        _ if ms < DAY => format!("{} h {:02} min", ms / HOUR, ms % HOUR / MINUTE),
        _ => format!("{} d {} h", ms / DAY, ms % DAY / HOUR),
    }
}

/// A visit's length for a card or badge: `38 min`, `1 h 08`.
pub fn stay(minutes: f64) -> String {
    let minutes = minutes.max(0.0).round() as i64;
    match minutes {
        0..60 => format!("{minutes} min"),
        _ => format!("{} h {:02}", minutes / 60, minutes % 60),
    }
}

/// A running clock: `4:07`, `1:04:07`.
pub fn stopwatch(ms: Millis) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How long ago: `just now`, `40 s ago`, `12 min ago`, `2 h ago`.
pub fn ago(ms: Millis) -> String {
    match ms {
        _ if ms < 5_000 => "just now".to_owned(),
        _ if ms < MINUTE => format!("{} s ago", ms / 1000),
        _ if ms < HOUR => format!("{} min ago", ms / MINUTE),
        _ if ms < DAY => format!("{} h ago", ms / HOUR),
        _ => format!("{} ago", plural(ms / DAY, "day", "days")),
    }
}

/// Whole seconds until something, never less than 1: what a countdown shows.
pub fn seconds_left(ms: Millis) -> i64 {
    (ms.max(0) + 999).div_euclid(1000).max(1)
}

/// `18,204`
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.9 MB`
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// `1 event`, `12 events`
pub fn plural(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// The letters of a name for its round badge: `Aiko Tanaka` → `AT`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
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
        assert_eq!(stopwatch(247_999), "4:07");
        assert_eq!(stopwatch(3_847_000), "1:04:07");
        assert_eq!(ago(4_000), "just now");
        assert_eq!(ago(40_000), "40 s ago");
        assert_eq!(ago(49 * HOUR), "2 days ago");
        assert_eq!(ago(25 * HOUR), "1 day ago");
        assert_eq!(seconds_left(3_001), 4);
        assert_eq!(seconds_left(-3), 1, "a countdown never says 0 and stays");
    }

    #[test]
    fn large_numbers_are_grouped_and_small_counts_have_their_singular() {
        assert_eq!(grouped(18_204), "18,204");
        assert_eq!(grouped(-1_000_000), "−1,000,000");
        assert_eq!(grouped(312), "312");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(214_500), "214 kB");
        assert_eq!(bytes(1_950_000), "1.9 MB");
        assert_eq!(plural(1, "event", "events"), "1 event");
        assert_eq!(plural(1_200, "event", "events"), "1,200 events");
    }

    #[test]
    fn initials_are_the_first_letters_of_first_and_last_name() {
        assert_eq!(initials("Aiko Tanaka"), "AT");
        assert_eq!(initials("Juan Carlos de Silva"), "JS");
        assert_eq!(initials("Élodie"), "É");
        assert_eq!(initials("  "), "");
    }
}
