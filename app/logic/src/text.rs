//! Countdowns, amounts of data and initials, which are the same in every language. What depends on
//! the language stands in `texts::format`.

use protocol::Millis;

/// Whole seconds until something, never less than 1: what a countdown shows.
pub fn seconds_left(ms: Millis) -> i64 {
    (ms.max(0) + 999).div_euclid(1000).max(1)
}

/// `1.9 MB`
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// The letters of a name for its round badge: `Aiko Tanaka` → `AT`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_rounds_up_and_ends_with_one() {
        assert_eq!(seconds_left(3_001), 4);
        assert_eq!(seconds_left(-3), 1);
    }

    #[test]
    fn an_amount_of_bytes_is_shown_in_its_unit() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(214_500), "214 kB");
        assert_eq!(bytes(1_950_000), "1.9 MB");
    }

    #[test]
    fn initials_are_the_first_letters_of_first_and_last_name() {
        assert_eq!(initials("Aiko Tanaka"), "AT");
        assert_eq!(initials("Juan Carlos de Silva"), "JS");
        assert_eq!(initials("Élodie"), "É");
        assert_eq!(initials("  "), "");
    }
}
