//! The timer of a practice.

use protocol::Millis;

/// A timer that is read across a room: `07:42`, `1:07:42`.
pub(crate) fn timer(ms: Millis) -> String {
    let (hours, minutes, seconds) = parts(ms);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
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
}
