//! When silence means something.

/// A visible page pings this often, in milliseconds.
pub const PING_EVERY_MS: i64 = 2_000;
/// After this much silence the chip turns amber.
pub const QUIET_AFTER_MS: i64 = 5_000;
/// After this much silence, or time without a connection, the chip turns red; a silent socket is
/// given up and dialled anew.
pub const DEAD_AFTER_MS: i64 = 15_000;
/// A page that became visible or came online again asks once and waits this long before it takes
/// the socket for dead: phones wake with sockets that look open and are not.
pub const PROBE_MS: i64 = 1_500;
/// A socket that does not open, or a server that does not answer `hello`, within this time is
/// given up.
pub const OPEN_WITHIN_MS: i64 = 10_000;
/// A connection that nobody needs any more is closed after this time, so that going from page to
/// page keeps it.
pub const LINGER_MS: i64 = 2_000;
