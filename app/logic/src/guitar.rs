//! What a session's events do to its state, and the practice clock. The server's topic and the
//! pages use the same functions, so they cannot disagree.

use crate::music::Chord;
use protocol::{
    ClientMessage, ErrorBody, ErrorCode, Millis, Note, ServerMessage,
    account::Role,
    guitar::{GuitarState, Participant, PracticeStatus, PracticeUpdate, Presence, Strum},
    server::Outcome,
};

/// Frets of the longest usual neck.
const HIGHEST_FRET: i8 = 24;

/// Checks what a client sent as a note, and brings its values into their ranges.
///
/// # Errors
/// `unknown_chord` for a name that is not a chord, `invalid_message` for a fret, a velocity or a
/// string that no guitar has.
pub fn check_note(note: Note) -> Result<Note, ErrorBody> {
    let invalid = |text: &str| ErrorBody::new(ErrorCode::InvalidMessage, text);
    match note {
        Note::ChordChange(change) => match Chord::parse(&change.chord) {
            Ok(_) => Ok(Note::ChordChange(change)),
            Err(cause) => {
                let text = format!("There is no chord of this name: {cause}.");
                Err(ErrorBody::new(ErrorCode::UnknownChord, text))
            }
        },
        Note::FretUpdate(update) => {
            match update.frets.iter().all(|fret| (-1..=HIGHEST_FRET).contains(fret)) {
                true => Ok(Note::FretUpdate(update)),
                false => Err(invalid("A fret is −1 (muted) to 24.")),
            }
        }
        Note::Strum(strum) => check_strum(strum).map(Note::Strum).map_err(invalid),
        Note::Mute {} => Ok(Note::Mute {}),
    }
}

fn check_strum(mut strum: Strum) -> Result<Strum, &'static str> {
    if !strum.velocity.is_finite() {
        return Err("The velocity is a number from 0 to 1.");
    }
    strum.velocity = strum.velocity.clamp(0.0, 1.0);
    match &strum.strings {
        Some(strings) if strings.is_empty() || strings.len() > 6 => {
            Err("A strum touches one to six strings.")
        }
        Some(strings) if !strings.iter().all(|string| (1..=6).contains(string)) => {
            Err("Strings are numbered 1 (high e) to 6 (low E).")
        }
        _ => Ok(strum),
    }
}

/// Applies an event to the state.
pub fn apply(state: &mut GuitarState, event: &ServerMessage) {
    match event {
        ServerMessage::Note(note) => apply_note(state, note),
        ServerMessage::PracticeUpdate(update) => state.practice = Some(update.clone()),
        ServerMessage::ConnectionUpdate(participant) => seat(state, participant),
        // Not events of a guitar session.
        ServerMessage::Welcome(_)
        | ServerMessage::Ack(_)
        | ServerMessage::Error(_)
        | ServerMessage::Pong { .. }
        | ServerMessage::Snapshot(_)
        | ServerMessage::AuthExpiring { .. }
        | ServerMessage::ServerRestart { .. }
        | ServerMessage::MemberCheckedIn { .. }
        | ServerMessage::MemberCheckedOut(_)
        | ServerMessage::CheckInUndone { .. }
        | ServerMessage::MemberRefused(_)
        | ServerMessage::InitialStats(_)
        | ServerMessage::StatsUpdate(_) => {}
    }
}

/// Applies a page's own message in the place that its answer has in the topic's order.
pub(crate) fn apply_own(state: &mut GuitarState, message: &ClientMessage, outcome: &Outcome) {
    match (message, outcome) {
        (ClientMessage::Note(note), _) => apply_note(state, note),
        (_, Outcome::Practice(update)) => state.practice = Some(update.clone()),
        _ => {}
    }
}

/// Held notes replace each other; momentary ones change nothing that lasts.
fn apply_note(state: &mut GuitarState, note: &Note) {
    match note {
        Note::ChordChange(change) => hold_chord(state, &change.chord),
        Note::FretUpdate(update) => hold_frets(state, update.frets),
        Note::Strum(_) | Note::Mute {} => {}
    }
}

fn hold_chord(state: &mut GuitarState, chord: &str) {
    state.chord = Some(chord.to_owned());
    state.frets = None;
}

fn hold_frets(state: &mut GuitarState, frets: [i8; 6]) {
    state.frets = Some(frets);
    state.chord = None;
}

/// Puts a participant into its seat, or takes it out when its last connection is gone. The PC keeps
/// its seat, and so does the last phone that played, until another one plays: the pages show
/// them as gone.
fn seat(state: &mut GuitarState, participant: &Participant) {
    let is_gone = |p: &Participant| p.status == Presence::Disconnected;
    let seats = &mut state.participants;
    match seats.iter().position(|p| p.user_id == participant.user_id) {
        Some(place) => seats[place] = participant.clone(),
        None => seats.push(participant.clone()),
    }
    let somebody_plays = seats.iter().any(|p| p.role == Role::Performer && !is_gone(p));
    let is_older =
        |p: &Participant| participant.role == Role::Performer && p.user_id != participant.user_id;
    seats.retain(|p| match p.role {
        Role::Host => true,
        Role::Performer => !is_gone(p) || !(somebody_plays || is_older(p)),
        _ => !is_gone(p),
    });
}

/// How long has been practised at `now`, on the server's clock.
pub fn elapsed(practice: &PracticeUpdate, now: Millis) -> Millis {
    match practice.status {
        PracticeStatus::Started => practice.elapsed_ms + (now - practice.as_of).max(0),
        PracticeStatus::Paused | PracticeStatus::Ended => practice.elapsed_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SeatId;
    use uuid::Uuid;

    #[test]
    fn gone_phones_leave_the_list_and_the_last_player_is_shown_as_gone() {
        use Presence::{Connected, Disconnected};
        let mut state = GuitarState::default();
        let mut show = |who: u128, role: Role, status: Presence| -> Vec<(u128, Presence)> {
            let device = "phone".to_owned();
            let seat = Participant { status, user_id: SeatId(Uuid::from_u128(who)), role, device };
            apply(&mut state, &ServerMessage::ConnectionUpdate(seat));
            state.participants.iter().map(|p| (p.user_id.0.as_u128(), p.status)).collect()
        };
        show(1, Role::Host, Connected);
        show(2, Role::Performer, Connected);
        show(3, Role::Spectator, Connected);
        assert_eq!(show(3, Role::Spectator, Disconnected), [(1, Connected), (2, Connected)]);
        assert_eq!(show(2, Role::Performer, Disconnected), [(1, Connected), (2, Disconnected)]);
        assert_eq!(show(4, Role::Performer, Connected), [(1, Connected), (4, Connected)]);
        show(5, Role::Performer, Connected);
        assert_eq!(show(4, Role::Performer, Disconnected), [(1, Connected), (5, Connected)]);
        assert_eq!(show(5, Role::Performer, Disconnected), [(1, Connected), (5, Disconnected)]);
        assert_eq!(show(1, Role::Host, Disconnected), [(1, Disconnected), (5, Disconnected)]);
        show(6, Role::Waiting, Connected);
        let removed = show(6, Role::Waiting, Disconnected);
        assert_eq!(removed, [(1, Disconnected), (5, Disconnected)]);
    }
}
