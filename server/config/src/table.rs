//! How a table of settings is declared. The name, type, default, range and explanation of a setting
//! stand together in one [`settings!`] block; the struct, its defaults, the reading with its error
//! sentences and the text of `Leptos.toml` are generated from it.

use crate::{reading::SettingsReader, table_text::TableText};

/// One table of `Leptos.toml`. [`settings!`] implements it.
pub(crate) trait SettingsTable: Default {
    /// The name in brackets.
    const NAME: &'static str;

    /// Takes the table's values out of `reading`. A value that is missing or wrong is replaced by
    /// its default; what was wrong is noted in `reading`.
    fn read(reading: &mut SettingsReader) -> Self;

    /// The table as it is explained to an operator.
    fn describe() -> TableText;
}

/// Declares a table:
///
/// ```text
/// settings! {
///     /// What the table is about.
///     [desk] DeskSettings {
///         /// What the setting does, its unit, and what a larger or smaller value changes.
///         undo_seconds: u32 = 60, 0..=3_600;
///     }
/// }
/// ```
///
/// A number has a range behind its default; leaving it out does not compile. The comments are the
/// text of `Leptos.toml`, so they are written for an operator.
macro_rules! settings {
    (
        $(#[doc = $about:literal])*
        [$table:ident] $Table:ident {
            $(
                $(#[doc = $explanation:literal])*
                $key:ident: $kind:ty = $default:expr $(, $range:expr)?;
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Table {
            $(
                $(#[doc = $explanation])*
                pub $key: $kind,
            )*
        }

        impl Default for $Table {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $crate::table::SettingsTable for $Table {
            const NAME: &'static str = stringify!($table);

            fn read(reading: &mut $crate::reading::SettingsReader) -> Self {
                let default = Self::default();
                Self {
                    $($key: $crate::table::take!(
                        reading, (Self::NAME, stringify!($key)), default.$key $(, $range)?
                    ),)*
                }
            }

            fn describe() -> $crate::table_text::TableText {
                let default = Self::default();
                $crate::table_text::TableText {
                    name: Self::NAME,
                    about: &[$($about),*],
                    settings: vec![$($crate::table::describe!(
                        stringify!($key), &[$($explanation),*], $kind, default.$key $(, $range)?
                    )),*],
                }
            }
        }
    };
}

/// Takes a setting's value: of a number with its range, and of any other kind without one.
macro_rules! take {
    ($reading:ident, $name:expr, $default:expr) => {
        $reading.take($name, $default)
    };
    ($reading:ident, $name:expr, $default:expr, $range:expr) => {
        $reading.take_number($name, $default, &$range)
    };
}

/// The text of a setting: of a number with its range, and of any other kind without one.
macro_rules! describe {
    ($key:expr, $explanation:expr, $kind:ty, $default:expr) => {
        $crate::table_text::SettingText {
            key: $key,
            explanation: $explanation,
            choice: <$kind as $crate::kind::SettingKind>::choice(),
            default: $crate::kind::SettingKind::to_toml(&$default),
            example: <$kind as $crate::kind::SettingKind>::EXAMPLE,
        }
    };
    ($key:expr, $explanation:expr, $kind:ty, $default:expr, $range:expr) => {
        $crate::table_text::SettingText {
            key: $key,
            explanation: $explanation,
            choice: Some($crate::kind::range_sentence(&$range)),
            default: Some($default.to_string()),
            example: "",
        }
    };
}

pub(crate) use {describe, settings, take};
