//! Keys and texts as `leptos_i18n` makes them of the files in `locales/`.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "made by a macro: the files in locales/ are the documentation"
)]

leptos_i18n::load_locales!();
