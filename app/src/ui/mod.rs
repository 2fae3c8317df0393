//! What several pages share.

pub mod not_found;
