//! What happens because time passed or another node wrote.
//!
//! - [`follow_database`]: what is learnt of other nodes through the database
//! - [`sweep`]: gone phones, idle practice, forgotten sessions, the gym's new day

pub(crate) mod follow_database;
pub(crate) mod sweep;
