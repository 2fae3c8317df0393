//! The texts of the pages, in English and Japanese. All texts stand in `locales/<language>/<namespace>.json`
//! and are parsed by `leptos_i18n` when this crate compiles: a key that does not
//! exist, a value that a text needs and does not get, or a value that it does not have, are errors
//! of the compiler. `tests/texts.rs` finds keys that one language lacks and texts in pages that
//! stand in no file.
//!
//! # How to use it
//!
//! ```ignore
//! use texts::words;
//!
//! view! {
//!     // Reactive: a closure, so that the text follows a change of the language.
//!     <button aria-label=move || words!(guitar.mute)>{move || words!(guitar.mute)}</button>
//!     // With values: anything that is `Display`.
//!     <p>{move || words!(guitar.queued, count = status.get().queued)}</p>
//!     // With a count: the key holds two texts, `one` and `many`, each with `{{ count }}`.
//!     <p>{move || texts::count_words!(shared.events, events.get())}</p>
//! }
//! ```
//!
//! - `text!(namespace.key)` is a function to a `&'static str`: `<h1>{text!(gym.today)}</h1>` is
//!   `<h1>{move || words!(gym.today)}</h1>` in less code.
//! - `words!(namespace.key)` is a `&'static str`, `words!(namespace.key, name = value)` a `String`.
//!   Both read the page's language and so track it: inside a closure of a view, a memo or an effect
//!   they are made anew when the language changes; elsewhere (an event handler, the future of a `Suspend`, a unit test) they
//!   are what the language is at that moment. A signal should hold what a text is about and not the
//!   text, or it keeps the language in which it was made.
//! - `count_words!(namespace.key, count)` is a `String`, for a count with a plural form in English.
//!   The number in it is grouped.
//! - A text with markup in its middle is several keys, or one text with the marked part at its end.
//! - Dates, times and durations by language: [`format`].
//! - A new text: one line in `locales/en/<namespace>.json` and one in `locales/ja/`. A new namespace:
//!   two files, its name in `build.rs`, and in `table.rs` the product whose pages carry it.
//! - Words that are the same everywhere (`Cadence`, `VirtuTune`, `JSON`) stay in the page.

pub mod format;
mod generated;
mod language;
mod macros;
mod number;
#[doc(hidden)]
pub mod table;

#[doc(hidden)]
pub use generated::keys;
pub use language::{LANGUAGE_COOKIE, Language, language, set_language};
#[cfg(not(feature = "hydrate"))]
pub use table::table;
pub use table::{is_loaded, load};
