//! Keys and texts as `leptos_i18n` makes them of the files in `locales/`.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::expect_used,
    reason = "made by build.rs: the files in locales/ are the documentation"
)]

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
