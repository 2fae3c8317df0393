//! Member numbers: `M-`, at least five digits, and a check digit.
//!
//! The check digit is H. Michael Damm's ("Total anti-symmetrische Quasigruppen", Marburg 2004,
//! with the quasigroup of order 10 that he gives): it finds every single wrong digit and every
//! swap of two neighbours, which are the mistakes that people make at a desk. Luhn's misses the
//! swap of 09 and 90.

use std::fmt;

/// A member number with a valid check digit, whether or not a member has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberNumber {
    serial: u32,
}

/// Why a text is not a member number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It does not look like one; it may be a card code or a name.
    #[error("This is not a member number.")]
    NotANumber,
    /// It looks like one, and a digit is wrong or two are swapped.
    #[error("The check digit does not fit: a digit is wrong, or two are swapped.")]
    WrongCheckDigit,
}

impl MemberNumber {
    /// The first number that is given out; smaller ones would have fewer than five digits.
    pub const FIRST: u32 = 10_000;
    /// The last one.
    pub(crate) const LAST: u32 = 999_999_999;

    /// The number with this serial, from [`Self::FIRST`] to [`Self::LAST`].
    pub fn new(serial: u32) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&serial).then_some(Self { serial })
    }

    /// Reads a typed or scanned number: with or without prefix, in any case and width, with
    /// spaces and dashes anywhere.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let plain: String = text.chars().filter_map(plain).collect();
        let digits = plain.strip_prefix('M').unwrap_or(&plain);
        let right_form = (6..=10).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            // A zero in front changes no check digit, so no number begins with one.
            && !digits.starts_with('0');
        if !right_form {
            return Err(NumberError::NotANumber);
        }
        if damm(digits.bytes()) != 0 {
            return Err(NumberError::WrongCheckDigit);
        }
        let serial = digits[..digits.len() - 1].parse().map_err(|_| NumberError::NotANumber)?;
        Self::new(serial).ok_or(NumberError::NotANumber)
    }

    /// The number without its check digit.
    pub fn serial(self) -> u32 {
        self.serial
    }

    /// The digits as they are printed, check digit included.
    pub fn digits(self) -> String {
        let serial = self.serial.to_string();
        let check = damm(serial.bytes());
        format!("{serial}{check}")
    }
}

impl fmt::Display for MemberNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M-{}", self.digits())
    }
}

/// Whether a text begins like a member number, so that a wrong check digit is reported as such.
pub fn has_prefix(text: &str) -> bool {
    let mut plain = text.chars().filter_map(plain);
    plain.next() == Some('M') && plain.next().is_some_and(|c| c.is_ascii_digit())
}

/// One character as it counts: capital, narrow, and nothing for spaces and dashes.
fn plain(c: char) -> Option<char> {
    match c {
        // Japanese keyboards type digits and letters in full width.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).and_then(plain),
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => None,
        c if c.is_whitespace() => None,
        c => Some(c.to_ascii_uppercase()),
    }
}

/// The interim digit after `digits`: the check digit to append, or 0 when it is included and right.
fn damm(digits: impl Iterator<Item = u8>) -> u8 {
    digits.fold(0, |interim, digit| {
        QUASIGROUP[usize::from(interim)][usize::from(digit.wrapping_sub(b'0') % 10)]
    })
}

/// Totally anti-symmetric, with zeros in the diagonal.
const QUASIGROUP: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_holds() {
        assert_eq!(damm(b"572".iter().copied()), 4);
        assert_eq!(damm(b"5724".iter().copied()), 0);
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let number = MemberNumber::new(10_204).expect("in range");
        assert_eq!(number.to_string(), "M-102048");
        for text in
            ["M-102048", "m102048", " m - 10 2048 ", "102048", "M\u{2013}102048", "Ｍ１０２０４８"]
        {
            assert_eq!(MemberNumber::parse(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_told_from_something_else() {
        assert_eq!(MemberNumber::parse("M-102045"), Err(NumberError::WrongCheckDigit));
        for text in ["", "M-", "Mary", "12345", "M-002048", "4006381333931", "C-102048"] {
            assert_eq!(MemberNumber::parse(text), Err(NumberError::NotANumber), "{text}");
        }
    }

    #[test]
    fn only_a_prefix_with_a_digit_is_meant_as_a_number() {
        assert!(has_prefix("m-1"));
        assert!(!has_prefix("Mary"));
        assert!(!has_prefix("102048"));
    }

    #[test]
    fn numbers_outside_the_range_do_not_exist() {
        assert_eq!(MemberNumber::new(9_999), None);
        assert_eq!(MemberNumber::new(1_000_000_000), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(serial in MemberNumber::FIRST..=MemberNumber::LAST) {
            let number = MemberNumber::new(serial).expect("in range");
            prop_assert_eq!(MemberNumber::parse(&number.to_string()), Ok(number));
            prop_assert_eq!(MemberNumber::parse(&number.digits()), Ok(number));
        }

        #[test]
        fn a_single_wrong_digit_is_found(
            serial in MemberNumber::FIRST..=MemberNumber::LAST,
            place in any::<proptest::sample::Index>(),
            digit in 0..10_u8,
        ) {
            let mut digits = MemberNumber::new(serial).expect("in range").digits().into_bytes();
            let place = place.index(digits.len());
            prop_assume!(digits[place] != b'0' + digit);
            digits[place] = b'0' + digit;
            let text = String::from_utf8(digits).expect("digits");
            prop_assert!(MemberNumber::parse(&text).is_err());
        }

        #[test]
        fn a_swap_of_neighbours_is_found(
            serial in MemberNumber::FIRST..=MemberNumber::LAST,
            place in any::<proptest::sample::Index>(),
        ) {
            let mut digits = MemberNumber::new(serial).expect("in range").digits().into_bytes();
            let place = place.index(digits.len() - 1);
            prop_assume!(digits[place] != digits[place + 1]);
            digits.swap(place, place + 1);
            let text = String::from_utf8(digits).expect("digits");
            prop_assert!(MemberNumber::parse(&text).is_err());
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = MemberNumber::parse(&text);
            let _ = has_prefix(&text);
        }
    }
}
