//! The language of a page.

use indexmap::IndexSet;
use leptos::{
    prelude::*,
    reactive::graph::{AnySubscriber, Observer, ReactiveNode},
};
use rustc_hash::FxHasher;
use std::{cell::RefCell, hash::BuildHasherDefault};

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

/// The language of the one page of a browser, and the effects, memos and resources that read it.
///
/// It takes the place of an `RwSignal`, which would keep the memory of every text that was ever shown:
/// each text reads the language, which hardly ever changes, and an effect of reactive_graph 0.2 does
/// not leave the signals that it read when it is dropped. This list forgets dropped readers. It has
/// no `Source`, so a read in the future of a `Suspend` is not tracked, which learns of its sources
/// only.
#[derive(Default)]
struct PageLanguage {
    now: Language,
    /// In the order of their first read: an outer effect stands before the inner ones that it will
    /// replace. The address in an entry is not used again while the entry holds its `Weak`.
    readers: ReaderSet,
    /// How many readers there may be until the dropped ones are removed.
    most_readers: usize,
}

/// The type of set that reactive_graph has itself, so that a client has its code once.
type ReaderSet = IndexSet<AnySubscriber, BuildHasherDefault<FxHasher>>;

/// Below this number, dropped readers are not searched for.
const FEW_READERS: usize = 256;

impl PageLanguage {
    fn track(&mut self, reader: AnySubscriber) {
        if self.readers.len() >= self.most_readers.max(FEW_READERS) {
            self.remove_dropped();
            self.most_readers = self.readers.len() * 2;
        }
        self.readers.insert(reader);
    }

    fn remove_dropped(&mut self) {
        self.readers.retain(|reader| reader.1.strong_count() > 0);
    }
}

thread_local! {
    /// A server's thread renders many pages, so there the language is in the context of each request.
    static OF_PAGE: RefCell<PageLanguage> = RefCell::default();
}

/// The language of this page; English outside a page. Tracked in closures of views, effects and memos,
/// and not in the future of a `Suspend`: texts there are made in a closure or a component.
pub fn language() -> Language {
    if cfg!(not(feature = "hydrate")) {
        return use_context::<Language>().unwrap_or_default();
    }
    OF_PAGE.with_borrow_mut(|page| {
        if let Some(reader) = Observer::get() {
            page.track(reader);
        }
        page.now
    })
}

/// Changes the language of a browser's page; all texts follow.
pub fn set_language(to: Language) {
    let readers = OF_PAGE.with_borrow_mut(|page| {
        page.now = to;
        page.remove_dropped();
        std::mem::take(&mut page.readers)
    });
    // Outside of the borrow: a reader may run at once.
    for reader in readers {
        reader.mark_dirty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::reactive::{computed::ArcMemo, graph::ToAnySubscriber};

    #[test]
    fn readers_that_are_dropped_are_forgotten_and_the_others_kept_in_order() {
        // A page that was open for a day kept the memory of every text that it had ever shown.
        let kept = [1, 2].map(|value| ArcMemo::new(move |_| value));
        let mut page = PageLanguage::default();
        for _ in 0..10 * FEW_READERS {
            let dropped = ArcMemo::new(|_| 0);
            let readers = kept.iter().chain([&dropped]);
            readers.for_each(|reader| page.track(reader.to_any_subscriber()));
        }
        assert!(page.readers.len() <= FEW_READERS, "{} readers", page.readers.len());
        page.remove_dropped();
        assert!(page.readers.into_iter().eq(kept.map(|reader| reader.to_any_subscriber())));
    }

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
