//! Ports on which a test's servers listen, and listen again after a restart.

use rand::Rng;
use std::net::TcpListener;

/// Ports that Linux and macOS by default give to no outgoing connection. Only another test can take a
/// free one before a server is started on it, or started again. The browser tests take theirs from
/// the 10,000 above.
const TEST_PORTS: std::ops::Range<u16> = 10_000..20_000;

/// A port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let candidates = std::iter::repeat_with(|| rand::rng().random_range(TEST_PORTS));
    candidates.take(1_000).find(is_free).expect("a free port")
}
