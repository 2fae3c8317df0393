//! AV-Gym: sign-in, dashboard, desk, members.

pub mod dashboard;
pub mod desk;
pub mod members;
pub mod sign_in;
