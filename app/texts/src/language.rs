//! The language of a page.

use leptos::prelude::*;

/// The cookie that keeps a choice.
pub const LANGUAGE_COOKIE: &str = "cadence_language";

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English, also for those whose language is missing here.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Every language, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The language's tag (BCP 47), as `<html lang>` and the cookie have it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// Its own name for itself, which everyone who reads it understands.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Japanese => "日本語",
        }
    }

    /// The language of a tag such as `ja`, `ja-JP` or `EN_us`; `None` for one that is missing here
    /// and for what is no tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The first of these that names a language we have: the address (`?lang=ja`), the cookie, the
    /// browser's `Accept-Language`; otherwise English.
    pub fn choose(address: Option<&str>, cookie: Option<&str>, accepts: Option<&str>) -> Self {
        let named = |tag: Option<&str>| tag.and_then(Self::of_tag);
        named(address).or(named(cookie)).or(accepts.and_then(Self::accepted)).unwrap_or_default()
    }

    /// What `Accept-Language` prefers (RFC 9110, 12.5.4): the known language of the greatest weight,
    /// of equal ones the first. `*` accepts the default.
    fn accepted(header: &str) -> Option<Self> {
        let choices = header.split(',').filter_map(|choice| {
            let (tag, rest) = choice.split_once(';').unwrap_or((choice, ""));
            let language = match tag.trim() {
                "*" => Self::default(),
                tag => Self::of_tag(tag)?,
            };
            let weight = match rest.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse::<f32>().ok()?,
                None => 1.0,
            };
            (weight > 0.0 && weight <= 1.0).then_some((language, weight))
        });
        let better = |best: Option<(Self, f32)>, next: (Self, f32)| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        };
        choices.fold(None, better).map(|(language, _)| language)
    }
}

thread_local! {
    /// The language of the one page of a browser. A server's thread renders many pages, so there
    /// the language is in the context of each request.
    static OF_PAGE: ArcRwSignal<Language> = ArcRwSignal::default();
}

/// The language of this page, tracked; English outside a page.
pub fn language() -> Language {
    match cfg!(feature = "hydrate") {
        true => OF_PAGE.with(|language| language.get()),
        false => use_context::<Language>().unwrap_or_default(),
    }
}

/// Changes the language of a browser's page; all texts follow.
pub fn set_language(to: Language) {
    OF_PAGE.with(|language| language.set(to));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_its_first_part_in_any_case() {
        for tag in ["ja", "ja-JP", "JA_jp", " ja "] {
            assert_eq!(Language::of_tag(tag), Some(Language::Japanese), "{tag}");
        }
        for tag in ["", "jam", "de", "日本語", "x-ja", "en;drop", "-"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn address_before_cookie_before_browser_and_english_for_the_rest() {
        use Language::{English, Japanese};
        assert_eq!(Language::choose(None, None, None), English);
        assert_eq!(Language::choose(Some("ja"), Some("en"), Some("en")), Japanese);
        assert_eq!(Language::choose(Some("xx"), Some("ja"), Some("en")), Japanese);
        assert_eq!(Language::choose(None, Some("klingon"), Some("ja,en;q=0.5")), Japanese);
        assert_eq!(Language::choose(None, Some("klingon"), Some("de")), English);
    }

    #[test]
    fn the_browser_prefers_by_weight_and_then_by_order() {
        let accepted = |header| Language::choose(None, None, Some(header));
        assert_eq!(accepted("de, en;q=0.4, ja;q=0.8"), Language::Japanese);
        assert_eq!(accepted("en-GB,ja"), Language::English);
        assert_eq!(accepted("ja;q=0, en;q=0.1"), Language::English);
        assert_eq!(accepted("ja;q=9, ;;, =,ja;q=x"), Language::English, "weights that are none");
        assert_eq!(accepted("fr, *;q=0.1"), Language::English);
    }
}
