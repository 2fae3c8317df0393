//! AV-Gym: sign-in, dashboard, desk, members.
//!
//! - [`sign_in`], [`dashboard`], [`desk`], [`members`]: the pages
//! - [`card`], [`search`], [`just_now`]: parts of the desk
//! - [`entry`]: what the desk did and what came of it
//! - [`missed`]: what other pages say of it
//! - [`chart`], [`new_member`]: parts of the other pages
//! - [`scanner`]: tells a scanner's burst of keys from a person's typing
//! - [`live`]: the gym's state, kept up to date by the link
//! - [`words`]: decisions and events in words

pub mod card;
pub mod chart;
pub mod dashboard;
pub mod desk;
pub mod entry;
pub mod just_now;
pub mod live;
pub mod members;
pub mod missed;
pub mod new_member;
pub mod scanner;
pub mod search;
pub mod sign_in;
pub mod words;
