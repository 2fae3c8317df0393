//! What a person types or pastes to join a session.

use protocol::SessionId;

/// How many characters a code has.
pub const CODE_LENGTH: usize = 6;

/// What was typed or pasted into the code field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// The letters and digits of a code so far.
    Code {
        /// At most six characters that a code can have.
        code: String,
        /// The person typed a character that no code has and that is easily misread.
        misread: bool,
    },
    /// The whole link of the QR code, pasted.
    Link {
        /// The session.
        session: SessionId,
        /// What lets this phone play.
        secret: String,
    },
}

/// Reads the text of the code field. Spaces and dashes are passed over, letters become
/// capitals, also those of a Japanese keyboard; 0, O, 1 and I are in no code.
pub fn read(typed: &str) -> Typed {
    if let Some((session, secret)) = link(typed) {
        return Typed::Link { session, secret };
    }
    let mut code = String::with_capacity(CODE_LENGTH);
    let mut misread = false;
    for character in typed.chars().map(narrow) {
        match character.to_ascii_uppercase() {
            '0' | 'O' | '1' | 'I' => misread = true,
            c if c.is_ascii_alphanumeric() && code.len() < CODE_LENGTH => code.push(c),
            _ => {}
        }
    }
    Typed::Code { code, misread }
}

/// The session and secret of `…/play/<session>#<secret>`.
fn link(typed: &str) -> Option<(SessionId, String)> {
    let (address, secret) = typed.trim().split_once('#')?;
    let (_, session) = address.rsplit_once("/play/")?;
    let session = session.trim_end_matches('/').parse().ok()?;
    (!secret.is_empty()).then(|| (session, secret.to_owned()))
}

/// Full-width letters and digits as plain ones.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: &str, misread: bool) {
        assert_eq!(read(typed), Typed::Code { code: expected.to_owned(), misread }, "{typed}");
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        check("k7px4m", "K7PX4M", false);
        check(" K7P-X4M ", "K7PX4M", false);
        check("Ｋ７ｐｘ４ｍ", "K7PX4M", false);
        check("K7PX4MZZ", "K7PX4M", false);
        check("", "", false);
    }

    #[test]
    fn what_no_code_has_is_left_out_and_told() {
        check("K0PX1M", "KPXM", true);
        check("oi", "", true);
        check("K7é!", "K7", false);
    }

    #[test]
    fn a_pasted_link_joins_without_a_code() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let expected = Typed::Link { session: id.parse().expect("an id"), secret: "s3cret".into() };
        assert_eq!(read(&format!("http://192.168.1.5:3000/play/{id}#s3cret")), expected);
        check("http://x/play/nothing#", "HTTPXP", true);
    }
}
