//! Accounts: signing in, making accounts, and what a socket's introduction proves.

pub mod create_admin;
pub mod demo;
pub mod introduction;
pub mod sign_in;
pub mod sign_out;
