//! VirtuTune: landing page, stage (PC), controller (phone), practice.

pub mod controller;
pub mod landing;
pub mod practice;
pub mod stage;
