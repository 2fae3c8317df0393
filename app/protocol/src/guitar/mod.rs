//! What a guitar session's messages carry.
//!
//! - [`note`]: what hands do on the strings, the same in both directions
//! - [`practice`]: the practice clock
//! - [`state`]: the devices of a session, and its whole state

pub mod note;
pub mod practice;
pub mod state;

pub use note::{ChordChange, Direction, FretUpdate, Note, Strum, StrumSource};
pub use practice::{PracticeCommand, PracticeStatus, PracticeUpdate, Timestamp};
pub use state::{GuitarState, Participant, Presence};
