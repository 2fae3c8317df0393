//! Keys and tables as `build.rs` makes them of the files in `locales/`.
#![allow(
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    reason = "made by build.rs: the files in locales/ are the documentation"
)]

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
