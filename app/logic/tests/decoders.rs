//! Whatever a person types or a browser has kept: it is read or refused.

use logic::{
    gym::number::MemberNumber,
    link::OutboxRecord,
    pairing::{CODE_LENGTH, Typed, read},
};
use proptest::prelude::*;
use protocol::{
    ClientMessage, MessageId, SessionId, Topic,
    gym::{CheckIn, CheckOut},
};
use uuid::Uuid;

/// What a code is made of.
const ALPHABET: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

proptest! {
    #[test]
    fn a_code_is_read_however_it_is_typed(
        code in "[23456789ABCDEFGHJKLMNPQRSTUVWXYZ]{6}",
        between in prop::collection::vec("[ -]{0,2}", 6),
        small in any::<[bool; 6]>(),
        wide in any::<[bool; 6]>(),
    ) {
        let mut typed = String::new();
        for (place, character) in code.chars().enumerate() {
            typed.push_str(&between[place]);
            let character = if small[place] { character.to_ascii_lowercase() } else { character };
            let full = char::from_u32(u32::from(character) + 0xfee0);
            typed.push(full.filter(|_| wide[place]).unwrap_or(character));
        }
        prop_assert_eq!(read(&typed), Typed::Code { code, misread: false });
    }

    #[test]
    fn whatever_is_typed_is_a_code_so_far_or_a_link(
        typed in prop_oneof![".{0,60}", ".{0,20}/play/.{0,40}#.{0,20}"],
    ) {
        match read(&typed) {
            Typed::Code { code, .. } => {
                prop_assert!(code.len() <= CODE_LENGTH);
                prop_assert!(code.chars().all(|c| ALPHABET.contains(c)), "{}", code);
            }
            Typed::Link { secret, .. } => prop_assert!(!secret.is_empty()),
        }
    }

    #[test]
    fn a_link_is_read_back(id in any::<u128>(), secret in "[A-Za-z0-9_-]{1,40}", host in "[a-z.]{1,20}") {
        let session = SessionId(Uuid::from_u128(id));
        let typed = format!("https://{host}/play/{session}#{secret}");
        prop_assert_eq!(read(&typed), Typed::Link { session, secret });
    }

    #[test]
    fn a_kept_command_is_read_as_it_was_written(
        id in any::<u128>(),
        session in prop::option::of(any::<u128>()),
        member in ".{0,40}",
        notes in prop::option::of(".{0,80}"),
        at in prop::option::of(any::<i64>()),
        made_at in any::<i64>(),
    ) {
        let topic = session.map_or(Topic::CheckIns, |id| Topic::Guitar(SessionId(Uuid::from_u128(id))));
        let check_out = CheckOut { visit: None, member: Some(member.clone()), at };
        let check_in = CheckIn { member, location: None, notes, override_reason: None, at };
        for message in [ClientMessage::CheckIn(check_in), ClientMessage::CheckOut(check_out)] {
            let record = OutboxRecord { id: MessageId(Uuid::from_u128(id)), topic, message, made_at, made_mono: None };
            prop_assert_eq!(OutboxRecord::from_text(&record.to_text()), Some(record));
        }
    }

    #[test]
    fn a_record_of_another_version_is_left_alone(text in ".{0,200}", cut in 0usize..200) {
        let _ = OutboxRecord::from_text(&text);
        let message = ClientMessage::CheckOut(CheckOut::default());
        let record = OutboxRecord { id: MessageId(Uuid::nil()), topic: Topic::CheckIns, message, made_at: 0, made_mono: None };
        let whole = record.to_text();
        if let Some(half) = whole.get(..cut).filter(|half| half.len() < whole.len()) {
            prop_assert_eq!(OutboxRecord::from_text(half), None);
        }
    }

    #[test]
    fn a_text_is_a_member_number_that_prints_as_itself_or_none(text in prop_oneof![".{0,20}", "M-?[0-9]{5,11}"]) {
        if let Ok(number) = MemberNumber::parse(&text) {
            prop_assert_eq!(MemberNumber::parse(&number.to_string()), Ok(number));
        }
    }
}
