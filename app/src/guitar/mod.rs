//! VirtuTune: landing page, stage (PC), controller (phone), practice.
//!
//! - [`landing`], [`stage`], [`controller`], [`practice`]: the pages
//! - `performance`: one session on one page, followed over the link; what the page did itself
//!   shows at once
//! - `hand`: from the session's state to fingers, notes and words
//! - `strings`: a pointer over the strings; `diagram`, `practice_clock`, `trouble`: parts that
//!   several pages show

pub(crate) mod controller;
pub(crate) mod landing;
pub(crate) mod practice;
pub(crate) mod stage;

mod diagram;
mod hand;
mod performance;
mod practice_clock;
mod strings;
mod trouble;
mod words;
