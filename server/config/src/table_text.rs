//! The text of a table of settings, as `Leptos.toml` shows it.

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
    /// The values that are possible, when they do not follow from the type.
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
