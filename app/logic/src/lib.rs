//! Pure rules: no I/O, no clock and no randomness of their own. Time and random numbers come in
//! as arguments, so every rule is tested without a browser, a socket or a wait.
//!
//! - [`link`]: the client's side of the realtime core as a state machine; [`topic`]: the server's
//! - [`music`]: chords, voicings and tunings by pitch theory
//! - [`guitar`]: what a session's events do to its state, and the practice clock
//! - [`session`]: a page's own view of a guitar session; [`swipe`]: from a finger to strums;
//!   [`pairing`]: what a person types to join; [`presence`]: who is there
//! - [`gym`]: which keys are a scan, who may come in, member numbers, what events do to a dashboard
//! - [`permission`]: the one check of who may do what
//! - [`Monotonic`]: a moment on a clock that never jumps
//! - [`text`]: countdowns, amounts of data and initials as people read them

pub mod guitar;
pub mod gym;
pub mod link;
mod monotonic;
pub mod music;
pub mod pairing;
pub mod permission;
pub mod presence;
pub mod session;
pub mod swipe;
pub mod text;
pub mod topic;

pub use monotonic::Monotonic;
