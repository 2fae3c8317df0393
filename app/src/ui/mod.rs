//! What several pages share.
//!
//! - [`icon`], [`brand`], [`avatar`], [`badge`]: small marks
//! - [`chip`], [`panel`]: the state of the realtime link
//! - [`state`]: empty, loading, failed; a boundary that keeps a broken part to itself
//! - [`theme`]: light, dark or the system's choice
//! - [`not_found`]: the page for what is not there
//! - [`address`]: where the page is, and where to sign in
//! - [`tick`]: a clock that starts after hydration

pub(crate) mod address;
pub(crate) mod avatar;
pub(crate) mod badge;
pub(crate) mod brand;
pub(crate) mod chip;
pub(crate) mod error_words;
pub(crate) mod icon;
pub(crate) mod language_switch;
pub(crate) mod not_found;
pub(crate) mod panel;
pub(crate) mod role_words;
pub(crate) mod state;
pub(crate) mod theme;
pub(crate) mod tick;

pub use address::search_with_language;
pub(crate) use address::{Address, sign_in_address, use_address};
pub(crate) use avatar::Avatar;
pub(crate) use badge::{Badge, Tone};
pub(crate) use brand::Brand;
pub(crate) use chip::LinkChip;
pub(crate) use error_words::{close_words, error_words};
pub(crate) use icon::{Icon, IconShape};
pub(crate) use language_switch::LanguageSwitch;
pub(crate) use panel::LinkPanel;
pub(crate) use role_words::role_words;
pub(crate) use state::{Empty, ErrorCard, Guarded, Loading};
pub(crate) use theme::ThemeSwitch;
pub(crate) use tick::{use_ready, use_tick};
