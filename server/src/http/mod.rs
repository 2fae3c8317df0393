//! The doors for HTTP: they parse, call one use case, and answer.
//!
//! - [`routes`]: every address, grouped by who calls it
//! - [`caller`]: who sends a request; [`reply`]: bodies and errors
//! - [`api`]: the JSON API; [`backend`]: what pages ask for; [`pages`]: rendering
//! - [`files`]: what is only sent; [`health`]: for operators

pub mod api;
pub mod backend;
pub mod caller;
pub mod files;
pub mod health;
mod page_language;
pub mod pages;
mod reply;
pub mod routes;
