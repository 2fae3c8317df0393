//! The guitar, one file per use case. Each holds both halves: the database's and the session's in
//! memory.
//!
//! - [`session`]: a session from memory or from its record, the host's decisions about phones
//! - [`pairing`]: opening a session, joining it by secret or code
//! - [`practice`]: the practice clock and what was played

pub mod pairing;
pub mod practice;
pub mod session;
