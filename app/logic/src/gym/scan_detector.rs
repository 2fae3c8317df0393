//! Which keys came from a scanner and which from a person. A keyboard-wedge scanner is a keyboard
//! that types a whole code within some milliseconds and ends it with Enter, wherever the focus is.
//!
//! Characters with pauses of at most [`RUN_GAP_MS`] are a *run*. The *burst* is the longest ending
//! of a run that a scanner can have typed, see [`BURST_KINDS`]. A pause in the midst of a code, as
//! a busy computer or a radio makes it, therefore does not cut the code in two.

use std::mem;

/// The longest pause between two characters of a run, in milliseconds.
const RUN_GAP_MS: f64 = 120.0;
/// For how long after a scan further suffix keys belong to it: many scanners end a code with
/// carriage return and line feed.
const SUFFIX_ECHO_MS: f64 = 150.0;
/// No code is longer; the rest of a longer burst is dropped.
const LONGEST_CODE: usize = 200;

/// A way in which scanners type. All times are in milliseconds.
struct BurstKind {
    /// The fewest characters; shorter bursts are a person who rolls over two or three keys.
    characters: usize,
    /// The fewest digits among them.
    digits: usize,
    /// Whether a blank may be among them.
    blanks: bool,
    /// The longest mean pause between two characters.
    mean_gap_ms: f64,
    /// The longest pause between two characters; the suffix may take twice as long.
    longest_gap_ms: f64,
}

/// Scanners on a cable, and scanners on a radio link.
const BURST_KINDS: [BurstKind; 2] = [
    BurstKind { characters: 4, digits: 0, blanks: true, mean_gap_ms: 35.0, longest_gap_ms: 35.0 },
    BurstKind { characters: 6, digits: 4, blanks: false, mean_gap_ms: 80.0, longest_gap_ms: 120.0 },
];

/// A key, as far as it matters for a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanKey {
    /// A key that types a character.
    Char(char),
    /// Enter, with which a scanner ends a code.
    Suffix,
    /// Shift and its like: held while a scanner types capitals.
    Modifier,
    /// Anything else, a held key that repeats, or a shortcut.
    Other,
}

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMeaning<Before> {
    /// A person's key, or a character of what may become a scan: the field gets it.
    Typed,
    /// A second suffix of the scan before: it must reach no field and no button.
    SuffixEcho,
    /// The burst was a scan.
    Scan {
        /// Its characters, without blanks at the ends.
        code: String,
        /// What the page kept before the first of them.
        before: Before,
    },
}

/// A character of the run.
#[derive(Debug, Clone)]
struct RunKey<Before> {
    typed: char,
    at_ms: f64,
    before: Before,
}

/// The run so far. `Before` is what the page keeps before each character, so that it can undo a
/// burst that was typed into a field.
#[derive(Debug, Clone)]
pub struct ScanDetector<Before> {
    run: Vec<RunKey<Before>>,
    scanned_at_ms: Option<f64>,
}

impl<Before> Default for ScanDetector<Before> {
    fn default() -> Self {
        Self { run: Vec::new(), scanned_at_ms: None }
    }
}

impl<Before> ScanDetector<Before> {
    /// Takes a key that was pressed at a moment, in milliseconds of any clock that only goes
    /// forward. `before` is called for a character, before it arrives in a field.
    pub fn press(
        &mut self,
        key: ScanKey,
        at_ms: f64,
        before: impl FnOnce() -> Before,
    ) -> KeyMeaning<Before> {
        match key {
            ScanKey::Modifier => KeyMeaning::Typed,
            ScanKey::Other => {
                self.run.clear();
                KeyMeaning::Typed
            }
            ScanKey::Char(typed) => {
                if self.run.last().is_some_and(|last| at_ms - last.at_ms > RUN_GAP_MS) {
                    self.run.clear();
                }
                self.run.push(RunKey { typed, at_ms, before: before() });
                KeyMeaning::Typed
            }
            ScanKey::Suffix => self.end_run(at_ms),
        }
    }

    fn end_run(&mut self, at_ms: f64) -> KeyMeaning<Before> {
        let mut run = mem::take(&mut self.run);
        let Some(start) = burst_start(&run, at_ms) else {
            let echoes = |scanned: f64| run.is_empty() && at_ms - scanned <= SUFFIX_ECHO_MS;
            return if self.scanned_at_ms.is_some_and(echoes) {
                KeyMeaning::SuffixEcho
            } else {
                KeyMeaning::Typed
            };
        };
        self.scanned_at_ms = Some(at_ms);
        let typed: String = run[start..].iter().map(|key| key.typed).take(LONGEST_CODE).collect();
        let before = run.swap_remove(start).before;
        KeyMeaning::Scan { code: typed.trim().to_owned(), before }
    }
}

/// Where in the run the longest burst of any kind begins.
fn burst_start<Before>(run: &[RunKey<Before>], suffix_at_ms: f64) -> Option<usize> {
    BURST_KINDS.iter().filter_map(|kind| kind.start_in(run, suffix_at_ms)).min()
}

impl BurstKind {
    /// Where the longest ending of the run begins that this kind of scanner can have typed.
    fn start_in<Before>(&self, run: &[RunKey<Before>], suffix_at_ms: f64) -> Option<usize> {
        let last = run.last()?;
        if suffix_at_ms - last.at_ms > 2.0 * self.longest_gap_ms {
            return None;
        }
        let (mut start, mut digits, mut longest) = (run.len(), 0, None);
        while start > 0 {
            let key = &run[start - 1];
            let gap = run.get(start).map_or(0.0, |next| next.at_ms - key.at_ms);
            if gap > self.longest_gap_ms || (key.typed.is_whitespace() && !self.blanks) {
                break;
            }
            start -= 1;
            digits += usize::from(key.typed.is_ascii_digit());
            let characters = run.len() - start;
            let total_gap = last.at_ms - key.at_ms;
            let gaps = characters.saturating_sub(1) as f64;
            if characters >= self.characters
                && digits >= self.digits
                && total_gap <= self.mean_gap_ms * gaps
            {
                longest = Some(start);
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that each character is typed into, and the keys of the page.
    #[derive(Default)]
    struct Keyboard {
        detector: ScanDetector<String>,
        field: String,
        now: f64,
    }

    impl Keyboard {
        /// Each character after a pause.
        fn characters(&mut self, text: &str, gap: f64) {
            for typed in text.chars() {
                self.now += gap;
                let field = self.field.clone();
                let meaning = self.detector.press(ScanKey::Char(typed), self.now, || field);
                assert_eq!(meaning, KeyMeaning::Typed);
                self.field.push(typed);
            }
        }

        fn enter(&mut self, gap: f64) -> KeyMeaning<String> {
            self.now += gap;
            let meaning = self.detector.press(ScanKey::Suffix, self.now, String::new);
            if let KeyMeaning::Scan { before, .. } = &meaning {
                self.field.clone_from(before);
            }
            meaning
        }

        /// The code of a scan whose characters come after these pauses.
        fn scan(&mut self, text: &str, gaps: &[f64]) -> Option<String> {
            for (typed, gap) in text.chars().zip(gaps.iter().cycle()) {
                self.characters(&typed.to_string(), *gap);
            }
            match self.enter(gaps[0]) {
                KeyMeaning::Scan { code, .. } => Some(code),
                KeyMeaning::Typed | KeyMeaning::SuffixEcho => None,
            }
        }

        fn pause(&mut self) {
            self.now += 1_000.0;
        }
    }

    #[test]
    fn a_burst_that_ends_in_enter_is_a_scan_and_leaves_no_characters() {
        for gaps in [vec![0.0], vec![8.0], vec![35.0], vec![45.0], vec![80.0], vec![40.0, 100.0]] {
            let mut keyboard = Keyboard::default();
            keyboard.characters("ta", 150.0);
            keyboard.pause();
            let code = keyboard.scan("M-104821", &gaps);
            assert_eq!(code.as_deref(), Some("M-104821"), "{gaps:?}");
            assert_eq!(keyboard.field, "ta", "{gaps:?}");
        }
    }

    #[test]
    fn a_page_that_stalls_within_a_code_does_not_cut_it_in_two() {
        // The search that begins with the second character took 60 ms; the field kept `M-`, and
        // only the digits were taken for the code.
        let mut keyboard = Keyboard::default();
        keyboard.characters("M-", 9.0);
        keyboard.characters("1", 60.0);
        keyboard.characters("04821", 9.0);
        let code = "M-104821".to_owned();
        assert_eq!(keyboard.enter(9.0), KeyMeaning::Scan { code, before: String::new() });
    }

    #[test]
    fn a_person_who_types_fast_is_not_a_scanner() {
        let mut keyboard = Keyboard::default();
        for (text, gap) in [("tanaka", 60.0), ("ta", 20.0), ("m-104821", 100.0), ("10482", 40.0)] {
            assert_eq!(keyboard.scan(text, &[gap]), None, "{text}");
            keyboard.pause();
        }
    }

    #[test]
    fn a_burst_whose_enter_comes_by_hand_is_no_scan() {
        let mut keyboard = Keyboard::default();
        keyboard.characters("M-104821", 8.0);
        assert_eq!(keyboard.enter(500.0), KeyMeaning::Typed);
    }

    #[test]
    fn letters_typed_right_before_a_fast_burst_are_not_part_of_the_code() {
        let mut keyboard = Keyboard::default();
        keyboard.characters("tanaka", 110.0);
        keyboard.now += 100.0;
        assert_eq!(keyboard.scan("ABCD", &[5.0]).as_deref(), Some("ABCD"));
        assert_eq!(keyboard.field, "tanaka");
    }

    #[test]
    fn shift_does_not_break_a_burst_and_a_shortcut_does() {
        let mut keyboard = Keyboard::default();
        for typed in "M-104".chars() {
            keyboard.detector.press(ScanKey::Modifier, keyboard.now, String::new);
            keyboard.characters(&typed.to_string(), 5.0);
        }
        let code = "M-104".to_owned();
        assert_eq!(keyboard.enter(5.0), KeyMeaning::Scan { code, before: String::new() });
        keyboard.pause();
        keyboard.characters("ab", 5.0);
        keyboard.detector.press(ScanKey::Other, keyboard.now, String::new);
        assert_eq!(keyboard.scan("cd", &[5.0]), None);
    }

    #[test]
    fn two_scans_in_a_row_are_two_codes() {
        let mut keyboard = Keyboard::default();
        assert_eq!(keyboard.scan("104821", &[5.0]).as_deref(), Some("104821"));
        assert_eq!(keyboard.scan("100773", &[5.0]).as_deref(), Some("100773"));
    }

    #[test]
    fn carriage_return_and_line_feed_end_one_scan() {
        let mut keyboard = Keyboard::default();
        keyboard.scan("104821", &[5.0]);
        assert_eq!(keyboard.enter(8.0), KeyMeaning::SuffixEcho);
        assert_eq!(keyboard.enter(8.0), KeyMeaning::SuffixEcho);
        assert_eq!(keyboard.enter(200.0), KeyMeaning::Typed, "a person's Enter, later");
    }

    #[test]
    fn a_burst_longer_than_any_code_is_cut() {
        let mut keyboard = Keyboard::default();
        let code = keyboard.scan(&"7".repeat(LONGEST_CODE + 50), &[1.0]);
        assert_eq!(code, Some("7".repeat(LONGEST_CODE)));
        assert_eq!(keyboard.field, "");
    }
}
