//! What a session's events do to its state, and the practice clock. The server's topic and the
//! pages use the same functions, so they cannot disagree.

use protocol::{
    ClientMessage, Millis, ServerMessage,
    account::Role,
    guitar::{GuitarState, Participant, PracticeStatus, PracticeUpdate, Presence},
    server::Outcome,
};

/// Applies an event to the state. Strums and mutes change nothing that lasts.
pub fn apply(state: &mut GuitarState, event: &ServerMessage) {
    match event {
        ServerMessage::ChordChange(change) => hold_chord(state, &change.chord),
        ServerMessage::FretUpdate(update) => hold_frets(state, update.frets),
        ServerMessage::PracticeUpdate(update) => state.practice = Some(update.clone()),
        ServerMessage::ConnectionUpdate(participant) => seat(state, participant),
        _ => {}
    }
}

/// Applies a page's own message in the place that its answer has in the topic's order.
pub fn apply_own(state: &mut GuitarState, message: &ClientMessage, outcome: &Outcome) {
    match (message, outcome) {
        (ClientMessage::ChordChange(change), _) => hold_chord(state, &change.chord),
        (ClientMessage::FretUpdate(update), _) => hold_frets(state, update.frets),
        (_, Outcome::Practice(update)) => state.practice = Some(update.clone()),
        _ => {}
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
/// its seat, and so does the last phone that played, until another one plays: the pages say that
/// they are gone.
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
    use uuid::Uuid;

    #[test]
    fn gone_phones_leave_the_list_and_the_last_player_is_shown_as_gone() {
        use Presence::{Connected, Disconnected};
        let mut state = GuitarState::default();
        let mut say = |who: u128, role: Role, status: Presence| -> Vec<(u128, Presence)> {
            let device = "phone".to_owned();
            let seat = Participant { status, user_id: Uuid::from_u128(who), role, device };
            apply(&mut state, &ServerMessage::ConnectionUpdate(seat));
            state.participants.iter().map(|p| (p.user_id.as_u128(), p.status)).collect()
        };
        say(1, Role::Host, Connected);
        say(2, Role::Performer, Connected);
        say(3, Role::Spectator, Connected);
        assert_eq!(say(3, Role::Spectator, Disconnected), [(1, Connected), (2, Connected)]);
        assert_eq!(say(2, Role::Performer, Disconnected), [(1, Connected), (2, Disconnected)]);
        assert_eq!(say(4, Role::Performer, Connected), [(1, Connected), (4, Connected)]);
        say(5, Role::Performer, Connected);
        assert_eq!(say(4, Role::Performer, Disconnected), [(1, Connected), (5, Connected)]);
        assert_eq!(say(5, Role::Performer, Disconnected), [(1, Connected), (5, Disconnected)]);
        assert_eq!(say(1, Role::Host, Disconnected), [(1, Disconnected), (5, Disconnected)]);
        say(6, Role::Waiting, Connected);
        let removed = say(6, Role::Waiting, Disconnected);
        assert_eq!(removed, [(1, Disconnected), (5, Disconnected)]);
    }
}
