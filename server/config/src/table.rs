//! How a table of settings is declared. The name, type, default, range and explanation of a setting
//! stand together in one [`settings!`] block; the struct, its defaults, the reading with its error
//! sentences and the text of `Leptos.toml` are generated from it.

use crate::reading::Reading;

/// One table of `Leptos.toml`. [`settings!`] implements it.
pub(crate) trait SettingsTable: Default {
    /// The name in brackets.
    const NAME: &'static str;

    /// Takes the table's values out of `reading`. A value that is missing or wrong is replaced by
    /// its default; what was wrong is noted in `reading`.
    fn read(reading: &mut Reading) -> Self;

    /// The table as it is explained to an operator.
    fn describe() -> TableText;
}

/// The text of a table.
pub(crate) struct TableText {
    /// The name in brackets.
    pub(crate) name: &'static str,
    /// The lines above the name.
    pub(crate) about: &'static [&'static str],
    /// The settings in the order of their declaration.
    pub(crate) settings: Vec<SettingText>,
}

/// The text of a setting.
pub(crate) struct SettingText {
    /// The name before the equals sign.
    pub(crate) key: &'static str,
    /// The lines that explain it.
    pub(crate) explanation: &'static [&'static str],
    /// The values that are possible, when the type alone does not say it.
    pub(crate) choice: Option<String>,
    /// The default as it is written in TOML; `None` when there is no default.
    pub(crate) default: Option<String>,
    /// An example in TOML, for a setting without a default.
    pub(crate) example: &'static str,
}

impl TableText {
    /// Whether the table has a setting of this name.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.settings.iter().any(|setting| setting.key == key)
    }
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
                $key:ident: $kind:ty = $default:expr $(, $limit:expr)?;
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

            fn read(reading: &mut $crate::reading::Reading) -> Self {
                let default = Self::default();
                Self {
                    $($key: reading.take(
                        (Self::NAME, stringify!($key)),
                        &$crate::table::limit!($($limit)?),
                        default.$key,
                    ),)*
                }
            }

            fn describe() -> $crate::table::TableText {
                use $crate::kind::SettingKind;
                let default = Self::default();
                $crate::table::TableText {
                    name: Self::NAME,
                    about: &[$($about),*],
                    settings: vec![$($crate::table::SettingText {
                        key: stringify!($key),
                        explanation: &[$($explanation),*],
                        choice: <$kind>::choice(&$crate::table::limit!($($limit)?)),
                        default: default.$key.to_toml(),
                        example: <$kind>::EXAMPLE,
                    }),*],
                }
            }
        }
    };
}

/// The limit of a setting, or `()` for a type that has none.
macro_rules! limit {
    () => {
        ()
    };
    ($limit:expr) => {
        $limit
    };
}

pub(crate) use {limit, settings};
