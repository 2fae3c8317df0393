//! What several pages share.
//!
//! - [`icon`], [`brand`], [`avatar`], [`badge`]: small marks
//! - [`chip`], [`panel`]: the state of the realtime link
//! - [`state`]: empty, loading, failed; a boundary that keeps a broken part to itself
//! - [`theme`]: light, dark or the system's choice
//! - [`not_found`]: the page for what is not there
//! - [`address`]: where the page is, and where to sign in
//! - [`tick`]: a clock that starts after hydration

pub mod address;
pub mod avatar;
pub mod badge;
pub mod brand;
pub mod chip;
pub mod error_words;
pub mod icon;
pub mod language_switch;
pub mod not_found;
pub mod panel;
pub mod role_words;
pub mod state;
pub mod theme;
pub mod tick;

pub use address::{Address, search_with_language, sign_in_address, use_address};
pub use avatar::Avatar;
pub use badge::{Badge, Tone};
pub use brand::Brand;
pub use chip::LinkChip;
pub use error_words::{close_words, error_words};
pub use icon::{Icon, IconName};
pub use language_switch::LanguageSwitch;
pub use panel::LinkPanel;
pub use role_words::role_words;
pub use state::{Empty, ErrorCard, Guarded, Loading};
pub use theme::ThemeSwitch;
pub use tick::{use_ready, use_tick};
