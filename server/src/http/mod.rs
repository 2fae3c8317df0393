//! The doors for HTTP: they parse, call one use case, and answer.
//!
//! - [`routes`]: every address, grouped by who calls it
//! - [`caller`]: who sends a request; [`reply`]: bodies and errors
//! - [`api`]: the JSON API; [`backend`]: what pages ask for; [`pages`]: rendering
//! - [`files`]: what is only sent; [`health`]: for operators

pub(crate) mod api;
pub(crate) mod backend;
pub(crate) mod caller;
pub(crate) mod files;
pub(crate) mod health;
mod page_language;
pub(crate) mod pages;
mod reply;
pub(crate) mod routes;
