//! What a session's events do to its state, and the practice clock. The server's topic and the
//! pages use the same functions, so they cannot disagree.

use protocol::{
    ClientMessage, Millis, ServerMessage,
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

/// Puts a participant into its seat, or takes it out when its last connection is gone and it
/// only waited.
fn seat(state: &mut GuitarState, participant: &Participant) {
    let gone = participant.status == Presence::Disconnected
        && participant.role == protocol::account::Role::Waiting;
    let place = state.participants.iter().position(|p| p.user_id == participant.user_id);
    match (place, gone) {
        (Some(place), true) => {
            state.participants.remove(place);
        }
        (Some(place), false) => state.participants[place] = participant.clone(),
        (None, false) => state.participants.push(participant.clone()),
        (None, true) => {}
    }
}

/// How long has been practised at `now`, on the server's clock.
pub fn elapsed(practice: &PracticeUpdate, now: Millis) -> Millis {
    match practice.status {
        PracticeStatus::Started => practice.elapsed_ms + (now - practice.as_of).max(0),
        PracticeStatus::Paused | PracticeStatus::Ended => practice.elapsed_ms,
    }
}
