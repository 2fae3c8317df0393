//! Pages and UI state. This crate depends on no socket, no SQL and no axum: it reaches the
//! realtime link, the browser and the server through ports.
//!
//! - [`link`], [`browser`], [`backend`]: the ports
//! - [`response`]: the port to the response's head
//! - [`shell`]: the document, the routes, the error pages
//! - [`page_words`]: the texts that a page carries for its client
//! - [`chunks`]: the pages as pieces of the client; [`client_files`]: what a page loads
//! - [`guitar`]: landing, stage (PC), controller (phone), practice
//! - [`gym`]: sign-in, dashboard, desk, members
//! - [`ui`]: what several pages share

#![allow(unreachable_pub, reason = "the component macro makes a component's props `pub`")]

pub mod backend;
pub mod browser;
pub mod chunks;
pub mod client_files;
mod guitar;
mod gym;
pub mod link;
pub mod page_words;
pub mod response;
pub mod shell;
pub mod ui;

pub use shell::{GymApp, shell};
