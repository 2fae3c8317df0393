//! Numbers as both languages write them.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped_in_threes() {
        assert_eq!(grouped(18_204), "18,204");
        assert_eq!(grouped(-1_000_000), "−1,000,000");
        assert_eq!(grouped(312), "312");
    }
}
