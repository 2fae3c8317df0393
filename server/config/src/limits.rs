//! `[limits]`

use crate::table::settings;

/// More than any server serves: in effect no limit.
const MANY: u32 = 1_000_000;

settings! {
    /// What one client may use. A lower limit protects the server, a higher one permits busier
    /// clients. Each server counts for itself.
    [limits] LimitSettings {
        /// Messages per second of one user or address on sockets, in the long run.
        messages_per_second: u32 = 100, 1..=MANY;
        /// Messages at once after a pause; at least messages_per_second.
        burst: u32 = 200, 1..=MANY;
        /// Bytes of one frame; a longer one closes the socket.
        frame_bytes: u32 = 65_536, 1_024..=16_777_216;
        /// Topics that one connection may follow.
        topics: u32 = 32, 1..=1_024;
        /// Open connections of one user.
        connections_per_user: u32 = 32, 1..=MANY;
        /// Open connections of one address. All clients behind one router share it.
        connections_per_address: u32 = 256, 1..=MANY;
        /// Seconds in which a connection has to introduce itself before it is closed.
        introduce_seconds: u32 = 5, 1..=60;
        /// Sign-ins per minute, for each address and for each account.
        logins_per_minute: u32 = 5, 1..=MANY;
        /// Wrong pairing codes per minute of one address.
        joins_per_minute: u32 = 10, 1..=MANY;
        /// Wrong pairing codes per minute of all addresses together.
        joins_per_minute_in_all: u32 = 300, 1..=MANY;
        /// Anonymous and token calls of the API per minute and address.
        anonymous_per_minute: u32 = 60, 1..=MANY;
        /// Calls per second of one signed-in user.
        user_per_second: u32 = 20, 1..=MANY;
    }
}
