//! Everything that is wrong with the settings, in sentences.

use std::fmt;

/// Everything that is wrong with the settings, one sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingMistakes(pub Vec<String>);

impl SettingMistakes {
    pub(crate) fn add(&mut self, sentence: String) {
        self.0.push(sentence);
    }
}

impl From<String> for SettingMistakes {
    fn from(sentence: String) -> Self {
        Self(vec![sentence])
    }
}

impl fmt::Display for SettingMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "The configuration has a mistake: {only}"),
            many => {
                write!(f, "The configuration has {} mistakes:", many.len())?;
                many.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
            }
        }
    }
}

impl std::error::Error for SettingMistakes {}
