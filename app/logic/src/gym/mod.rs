//! The gym's rules.
//!
//! - [`decide`]: allow, warn or deny, from dates
//! - [`number`]: member numbers and their check digit
//! - [`roster`]: what an event does to the page that shows the gym

pub mod decide;
pub mod number;
pub mod roster;
