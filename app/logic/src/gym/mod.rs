//! The gym's rules.
//!
//! - [`decide`]: allow, warn or deny, from dates
//! - [`number`]: member numbers and their check digit
//! - [`roster`]: what an event does to the page that shows the gym
//! - [`scan_detector`]: which keys came from a scanner and which from a person

pub mod decide;
pub mod number;
pub mod roster;
pub mod scan_detector;
