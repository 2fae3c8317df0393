//! AV-Gym: sign-in, dashboard, desk, members.
//!
//! - [`sign_in`], [`dashboard`], [`desk`], [`members`]: the pages
//! - [`frame`]: the frame around them; [`page_head`]: the head of each
//! - [`gate`]: who may enter a page; [`forbidden`]: the page for a role that may not
//! - [`live`]: the gym's state, kept up to date by the link; [`stale_note`]: when it does not move
//! - [`activity`], [`standing`], [`fullness`]: lines, colours and bars of several pages
//! - [`sentences`]: decisions, visits and members in words

pub mod activity;
pub mod dashboard;
pub mod desk;
pub mod forbidden;
pub mod frame;
pub mod fullness;
pub mod gate;
pub mod live;
pub mod members;
pub mod page_head;
pub mod sentences;
pub mod sign_in;
pub mod stale_note;
pub mod standing;
