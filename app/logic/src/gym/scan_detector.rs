//! Tells a scanner's burst of keys from a person's typing. A keyboard-wedge scanner is a keyboard
//! that types a whole code within some milliseconds and ends it with Enter, wherever the focus is.

/// The longest pause between two keys of a scanner, in milliseconds.
const BURST_GAP_MS: f64 = 35.0;
/// Shorter bursts are a person rolling over two or three keys.
const SHORTEST_CODE: usize = 4;
/// No code is longer; the rest of a longer burst is dropped.
const LONGEST_CODE: usize = 200;

/// A key, as far as it matters for a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanKey {
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
pub enum KeyMeaning {
    /// Nothing to do.
    Nothing,
    /// A burst may begin with this key: keep what the focused field holds before it.
    MayBegin,
    /// The burst was a scan: put the field back as it was and take the code.
    Scan(String),
}

/// The burst so far.
#[derive(Debug, Clone, Default)]
pub struct ScanDetector {
    typed: String,
    last_ms: f64,
}

impl ScanDetector {
    /// Takes a key that was pressed at a moment.
    pub fn press(&mut self, key: ScanKey, at_ms: f64) -> KeyMeaning {
        let quick = at_ms - self.last_ms <= BURST_GAP_MS;
        match key {
            ScanKey::Modifier => KeyMeaning::Nothing,
            ScanKey::Other => {
                self.typed.clear();
                KeyMeaning::Nothing
            }
            ScanKey::Char(typed) if quick && !self.typed.is_empty() => {
                self.last_ms = at_ms;
                if self.typed.len() < LONGEST_CODE {
                    self.typed.push(typed);
                }
                KeyMeaning::Nothing
            }
            ScanKey::Char(typed) => {
                self.last_ms = at_ms;
                self.typed.clear();
                self.typed.push(typed);
                KeyMeaning::MayBegin
            }
            ScanKey::Enter => {
                let typed = std::mem::take(&mut self.typed);
                let scanned = quick && typed.chars().count() >= SHORTEST_CODE;
                if scanned {
                    KeyMeaning::Scan(typed.trim().to_owned())
                } else {
                    KeyMeaning::Nothing
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `text` with a pause before each key, then Enter; returns the last meaning and how
    /// often a burst may have begun.
    fn type_out(
        scanner: &mut ScanDetector,
        text: &str,
        start: f64,
        gap: f64,
    ) -> (KeyMeaning, usize) {
        let mut now = start;
        let mut begun = 0;
        for typed in text.chars() {
            begun += usize::from(scanner.press(ScanKey::Char(typed), now) == KeyMeaning::MayBegin);
            now += gap;
        }
        (scanner.press(ScanKey::Enter, now), begun)
    }

    #[test]
    fn a_burst_that_ends_in_enter_is_a_scan() {
        let mut scanner = ScanDetector::default();
        let (meaning, begun) = type_out(&mut scanner, "M-104821", 5_000.0, 8.0);
        assert_eq!(meaning, KeyMeaning::Scan("M-104821".to_owned()));
        assert_eq!(begun, 1, "the field is kept once, before the first key");
    }

    #[test]
    fn a_person_who_types_fast_is_not_a_scanner() {
        let mut scanner = ScanDetector::default();
        let (meaning, begun) = type_out(&mut scanner, "tanaka", 5_000.0, 60.0);
        assert_eq!((meaning, begun), (KeyMeaning::Nothing, 6));
        let (meaning, _) = type_out(&mut scanner, "ta", 9_000.0, 20.0);
        assert_eq!(meaning, KeyMeaning::Nothing, "two keys rolled over");
    }

    #[test]
    fn a_burst_without_enter_is_no_scan() {
        let mut scanner = ScanDetector::default();
        for (index, typed) in "M-104821".chars().enumerate() {
            scanner.press(ScanKey::Char(typed), 5_000.0 + index as f64 * 8.0);
        }
        assert_eq!(
            scanner.press(ScanKey::Enter, 5_600.0),
            KeyMeaning::Nothing,
            "Enter came by hand"
        );
    }

    #[test]
    fn what_was_typed_before_the_burst_is_not_part_of_the_code() {
        let mut scanner = ScanDetector::default();
        scanner.press(ScanKey::Char('t'), 1_000.0);
        scanner.press(ScanKey::Char('a'), 1_120.0);
        let (meaning, begun) = type_out(&mut scanner, "104821", 1_500.0, 5.0);
        assert_eq!((meaning, begun), (KeyMeaning::Scan("104821".to_owned()), 1));
    }

    #[test]
    fn shift_does_not_break_a_burst_and_a_shortcut_does() {
        let mut scanner = ScanDetector::default();
        scanner.press(ScanKey::Modifier, 0.0);
        scanner.press(ScanKey::Char('M'), 1_000.0);
        scanner.press(ScanKey::Modifier, 1_003.0);
        for (index, typed) in "-104".chars().enumerate() {
            scanner.press(ScanKey::Char(typed), 1_010.0 + index as f64 * 10.0);
        }
        assert_eq!(scanner.press(ScanKey::Enter, 1_050.0), KeyMeaning::Scan("M-104".to_owned()));
        scanner.press(ScanKey::Char('a'), 2_000.0);
        scanner.press(ScanKey::Char('b'), 2_005.0);
        scanner.press(ScanKey::Other, 2_010.0);
        scanner.press(ScanKey::Char('c'), 2_015.0);
        scanner.press(ScanKey::Char('d'), 2_020.0);
        assert_eq!(scanner.press(ScanKey::Enter, 2_025.0), KeyMeaning::Nothing);
    }

    #[test]
    fn two_scans_in_a_row_are_two_codes() {
        let mut scanner = ScanDetector::default();
        let first = type_out(&mut scanner, "104821", 1_000.0, 5.0).0;
        let second = type_out(&mut scanner, "100773", 1_045.0, 5.0).0;
        assert_eq!(first, KeyMeaning::Scan("104821".to_owned()));
        assert_eq!(second, KeyMeaning::Scan("100773".to_owned()));
    }
}
