//! VirtuTune: landing page, stage (PC), controller (phone), practice.
//!
//! - [`landing`], [`stage`], [`controller`], [`practice`]: the pages
//! - `performance`: one session on one page, followed over the link; what the page did itself
//!   shows at once
//! - `hand`: from the session's state to fingers, notes and words
//! - `strings`: a pointer over the strings; `diagram`, `practice_clock`, `trouble`: parts that
//!   several pages show

#![allow(unreachable_pub, reason = "the component macro makes a component's props `pub`")]

pub mod controller;
pub mod landing;
pub mod practice;
pub mod stage;

mod diagram;
mod hand;
mod performance;
mod practice_clock;
mod strings;
mod trouble;
mod words;
