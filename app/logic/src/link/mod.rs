//! The client's side of the realtime core, without a socket, a clock or a browser.
//!
//! - [`status`]: what a page may know about the connection
//! - [`delivery`]: what a page gets from a topic

pub mod delivery;
pub mod status;

pub use delivery::Delivery;
pub use status::{Figures, Phase, Status};
