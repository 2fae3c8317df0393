//! Durations as the guitar's pages say them: to the second.

use protocol::Millis;

/// A timer that is read across a room: `07:42`, `1:07:42`.
pub(crate) fn timer(ms: Millis) -> String {
    let (hours, minutes, seconds) = parts(ms);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A length of time in words: `42 s`, `7 min 42 s`, `1 h 07 min 42 s`.
pub(crate) fn exact(ms: Millis) -> String {
    match parts(ms) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, seconds) => format!("{hours} h {minutes:02} min {seconds:02} s"),
    }
}

fn parts(ms: Millis) -> (i64, i64, i64) {
    let seconds = ms.max(0) / 1000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_has_two_digits_for_minutes_and_hours_only_when_there_are_any() {
        assert_eq!(timer(0), "00:00");
        assert_eq!(timer(462_999), "07:42");
        assert_eq!(timer(4_062_000), "1:07:42");
        assert_eq!(timer(-1), "00:00");
    }

    #[test]
    fn a_practice_is_told_to_the_second() {
        assert_eq!(exact(42_900), "42 s");
        assert_eq!(exact(462_000), "7 min 42 s");
        assert_eq!(exact(905_000), "15 min 05 s");
        assert_eq!(exact(4_062_000), "1 h 07 min 42 s");
    }
}
