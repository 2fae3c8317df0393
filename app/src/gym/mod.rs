//! AV-Gym: sign-in, dashboard, desk, members.
//!
//! - [`sign_in`], [`dashboard`], [`desk`], [`members`]: the pages
//! - [`frame`]: the frame around them; [`page_head`]: the head of each
//! - [`gate`]: who may enter a page; [`forbidden`]: the page for a role that may not
//! - [`snapshot_page`]: from the gate to a page with its snapshot
//! - [`live`]: the gym's state, kept up to date by the link; [`stale_note`]: when it does not move
//! - [`activity`], [`standing`], [`fullness`]: lines, colours and bars of several pages
//! - [`sentences`]: decisions, visits and members in words

pub(crate) mod activity;
pub(crate) mod dashboard;
pub(crate) mod desk;
pub(crate) mod forbidden;
pub(crate) mod frame;
pub(crate) mod fullness;
pub(crate) mod gate;
pub(crate) mod live;
pub(crate) mod members;
pub(crate) mod page_head;
pub(crate) mod sentences;
pub(crate) mod sign_in;
pub(crate) mod snapshot_page;
pub(crate) mod stale_note;
pub(crate) mod standing;
