//! Close codes: one table of number, sentence and rule.

/// Why the server closed a socket.
///
/// 40xx is final until a person acts; 41xx asks the client to come back. A code of neither range
/// (1006, 1001 …) comes from the network, and the client reconnects as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The guitar session does not exist, or has ended. Do not reconnect.
    InvalidSession = 4000,
    /// No credential was shown where one is needed. Do not reconnect.
    NotSignedIn = 4001,
    /// The server does not support the client's version. Reload the page.
    Version = 4002,
    /// Signed in, but not allowed here. Do not reconnect.
    NotAllowed = 4003,
    /// Sent what cannot be understood five times in a row. Do not reconnect.
    ProtocolError = 4009,
    /// The host removed this phone. Do not reconnect.
    Removed = 4010,
    /// The sign-in was refused or has expired. Refresh once, then ask the person.
    SignInRefused = 4012,
    /// Too many connections of one user or address. Do not reconnect.
    TooManyConnections = 4014,
    /// Read too slowly. Reconnect and catch up.
    SlowConsumer = 4108,
    /// The server restarts, or cannot answer a request now. Reconnect within the window of
    /// `server_restart`, if one came.
    Restarting = 4112,
    /// Kept sending above the limit. Reconnect after the wait.
    TooManyMessages = 4113,
    /// Did not introduce itself in time. Reconnect.
    NoIntroduction = 4115,
}

impl CloseCode {
    /// Every code, in order.
    pub const ALL: [Self; 12] = [
        Self::InvalidSession,
        Self::NotSignedIn,
        Self::Version,
        Self::NotAllowed,
        Self::ProtocolError,
        Self::Removed,
        Self::SignInRefused,
        Self::TooManyConnections,
        Self::SlowConsumer,
        Self::Restarting,
        Self::TooManyMessages,
        Self::NoIntroduction,
    ];

    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The code behind a number; `None` for numbers of the network or of other protocols.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// Whether a closed client reconnects by itself. Unknown numbers follow their range.
    pub fn reconnects(number: u16) -> bool {
        !(4000..4100).contains(&number)
    }

    /// The sentence for the person at the client, at most 123 bytes (RFC 6455, 5.5).
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InvalidSession => {
                "This device is not part of the session, or the session has ended. Join again, or start a new session on the PC."
            }
            Self::NotSignedIn => "Please sign in.",
            Self::Version => "Reload the page for the new version.",
            Self::NotAllowed => "Your role does not allow this.",
            Self::ProtocolError => "The client did not follow the protocol.",
            Self::Removed => "The PC removed this phone. Scan its new code to join again.",
            Self::SignInRefused => "The sign-in is no longer valid. Please sign in again.",
            Self::TooManyConnections => "Too many connections are open. Close some pages first.",
            Self::SlowConsumer => "The connection was too slow; catching up.",
            Self::Restarting => "The server restarts; back in a moment.",
            Self::TooManyMessages => "Too many messages; slowing down.",
            Self::NoIntroduction => "The client did not introduce itself in time.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_carries_the_rule_and_the_sentence_fits_a_close_frame() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::reconnects(code.number()), code.number() >= 4100, "{code:?}");
            assert!(code.sentence().len() <= 123, "{code:?}");
            assert_eq!(CloseCode::from_number(code.number()), Some(code));
        }
        assert!(CloseCode::reconnects(1006), "a code of the network reconnects");
    }
}
