//! The gym, one file per use case. Pages, API and sockets call the same functions.

pub mod check_in;
pub mod check_out;
pub mod members;
pub mod snapshot;
pub mod undo_check_in;
