//! Tells a scanner's burst of keys from a person's typing. A keyboard-wedge scanner is a keyboard
//! that types a whole code within a blink and ends it with Enter, wherever the focus is.

/// The longest pause between two keys of a scanner, in milliseconds.
const BURST_GAP_MS: f64 = 35.0;
/// Shorter bursts are a person rolling over two or three keys.
const SHORTEST_CODE: usize = 4;
/// Longer ones are no code of ours; the rest is let go.
const LONGEST_CODE: usize = 200;

/// A key as the scanner's rule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A key that types a character.
    Char(char),
    /// Enter.
    Enter,
    /// Shift and its like: held while a scanner types capitals.
    Modifier,
    /// Anything else, a held key that repeats, or a shortcut.
    Other,
}

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing to do.
    Nothing,
    /// A burst may begin with this key: keep what the focused field holds before it.
    MayBegin,
    /// The burst was a scan: put the field back as it was and take the code.
    Scan(String),
}

/// The burst so far.
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    typed: String,
    last_ms: f64,
}

impl Scanner {
    /// Takes a key that was pressed at a moment.
    pub fn press(&mut self, key: Key, at_ms: f64) -> Meaning {
        let quick = at_ms - self.last_ms <= BURST_GAP_MS;
        match key {
            Key::Modifier => Meaning::Nothing,
            Key::Other => {
                self.typed.clear();
                Meaning::Nothing
            }
            Key::Char(typed) if quick && !self.typed.is_empty() => {
                self.last_ms = at_ms;
                if self.typed.len() < LONGEST_CODE {
                    self.typed.push(typed);
                }
                Meaning::Nothing
            }
            Key::Char(typed) => {
                self.last_ms = at_ms;
                self.typed.clear();
                self.typed.push(typed);
                Meaning::MayBegin
            }
            Key::Enter => {
                let typed = std::mem::take(&mut self.typed);
                let scanned = quick && typed.chars().count() >= SHORTEST_CODE;
                if scanned { Meaning::Scan(typed.trim().to_owned()) } else { Meaning::Nothing }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `text` with a pause before each key, then Enter; returns the last meaning and how
    /// often a burst may have begun.
    fn type_out(scanner: &mut Scanner, text: &str, start: f64, gap: f64) -> (Meaning, usize) {
        let mut now = start;
        let mut begun = 0;
        for typed in text.chars() {
            begun += usize::from(scanner.press(Key::Char(typed), now) == Meaning::MayBegin);
            now += gap;
        }
        (scanner.press(Key::Enter, now), begun)
    }

    #[test]
    fn a_burst_that_ends_in_enter_is_a_scan() {
        let mut scanner = Scanner::default();
        let (meaning, begun) = type_out(&mut scanner, "M-104821", 5_000.0, 8.0);
        assert_eq!(meaning, Meaning::Scan("M-104821".to_owned()));
        assert_eq!(begun, 1, "the field is kept once, before the first key");
    }

    #[test]
    fn a_person_who_types_fast_is_not_a_scanner() {
        let mut scanner = Scanner::default();
        let (meaning, begun) = type_out(&mut scanner, "tanaka", 5_000.0, 60.0);
        assert_eq!((meaning, begun), (Meaning::Nothing, 6));
        let (meaning, _) = type_out(&mut scanner, "ta", 9_000.0, 20.0);
        assert_eq!(meaning, Meaning::Nothing, "two keys rolled over");
    }

    #[test]
    fn a_burst_without_enter_is_no_scan() {
        let mut scanner = Scanner::default();
        for (index, typed) in "M-104821".chars().enumerate() {
            scanner.press(Key::Char(typed), 5_000.0 + index as f64 * 8.0);
        }
        assert_eq!(scanner.press(Key::Enter, 5_600.0), Meaning::Nothing, "Enter came by hand");
    }

    #[test]
    fn what_was_typed_before_the_burst_is_not_part_of_the_code() {
        let mut scanner = Scanner::default();
        scanner.press(Key::Char('t'), 1_000.0);
        scanner.press(Key::Char('a'), 1_120.0);
        let (meaning, begun) = type_out(&mut scanner, "104821", 1_500.0, 5.0);
        assert_eq!((meaning, begun), (Meaning::Scan("104821".to_owned()), 1));
    }

    #[test]
    fn shift_does_not_break_a_burst_and_a_shortcut_does() {
        let mut scanner = Scanner::default();
        scanner.press(Key::Modifier, 0.0);
        scanner.press(Key::Char('M'), 1_000.0);
        scanner.press(Key::Modifier, 1_003.0);
        for (index, typed) in "-104".chars().enumerate() {
            scanner.press(Key::Char(typed), 1_010.0 + index as f64 * 10.0);
        }
        assert_eq!(scanner.press(Key::Enter, 1_050.0), Meaning::Scan("M-104".to_owned()));
        scanner.press(Key::Char('a'), 2_000.0);
        scanner.press(Key::Char('b'), 2_005.0);
        scanner.press(Key::Other, 2_010.0);
        scanner.press(Key::Char('c'), 2_015.0);
        scanner.press(Key::Char('d'), 2_020.0);
        assert_eq!(scanner.press(Key::Enter, 2_025.0), Meaning::Nothing);
    }

    #[test]
    fn two_scans_in_a_row_are_two_codes() {
        let mut scanner = Scanner::default();
        let first = type_out(&mut scanner, "104821", 1_000.0, 5.0).0;
        let second = type_out(&mut scanner, "100773", 1_045.0, 5.0).0;
        assert_eq!(first, Meaning::Scan("104821".to_owned()));
        assert_eq!(second, Meaning::Scan("100773".to_owned()));
    }
}
