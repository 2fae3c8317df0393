//! Which files a page makes the browser load.
//!
//! A release build makes a client for each page of the guitar and one for the gym, so that a phone
//! at a guitar does not download a gym; the gym's pages are chunks of theirs. A development build,
//! and one by cargo-leptos, has one client for all of them. Each product has a style sheet of its
//! own.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A page, by its address. A link between two of them loads a document anew,
/// except inside of the gym, where the router changes the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// `/`
    Landing,
    /// The phone: `/play`.
    Phone,
    /// The PC of the guitar: `/guitar`.
    Stage,
    /// `/practice`
    Practice,
    /// `/gym/sign-in`
    SignIn,
    /// `/gym`
    Dashboard,
    /// `/gym/desk`
    Desk,
    /// `/gym/members`
    Members,
    /// An address below `/gym` without a page: the gym's router shows that.
    LostInGym,
    /// Any other address that has no page.
    NotFound,
}

impl PageKind {
    /// The page at a path.
    pub fn of(path: &str) -> Self {
        match path {
            "/" => Self::Landing,
            "/guitar" => Self::Stage,
            "/practice" => Self::Practice,
            "/gym/sign-in" => Self::SignIn,
            "/gym" => Self::Dashboard,
            "/gym/desk" => Self::Desk,
            "/gym/members" => Self::Members,
            _ if path.starts_with("/gym/") => Self::LostInGym,
            _ if played_session(path).is_some() => Self::Phone,
            _ => Self::NotFound,
        }
    }

    /// Whether the page belongs to the gym; the others belong to the guitar.
    pub fn is_of_gym(self) -> bool {
        self.client() == Some("gym")
    }

    /// The client that the page loads, by its name in `pkg/files.json`. `None` for pages that are
    /// finished when the server has rendered them.
    pub fn client(self) -> Option<&'static str> {
        match self {
            Self::Landing | Self::NotFound => None,
            Self::Phone => Some("phone"),
            Self::Stage => Some("stage"),
            Self::Practice => Some("practice"),
            Self::SignIn | Self::Dashboard | Self::Desk | Self::Members | Self::LostInGym => {
                Some("gym")
            }
        }
    }

    /// The chunk of its client that the page needs, under its name in [`crate::chunks`].
    pub fn chunk(self) -> Option<&'static str> {
        match self {
            Self::SignIn => Some("sign_in"),
            Self::Dashboard => Some("dashboard"),
            Self::Desk => Some("desk"),
            Self::Members => Some("members"),
            Self::Landing
            | Self::Phone
            | Self::Stage
            | Self::Practice
            | Self::LostInGym
            | Self::NotFound => None,
        }
    }
}

/// `/play` and `/play/{session}`: the session that is named, if one is. `None` for other paths.
pub(crate) fn played_session(path: &str) -> Option<Option<String>> {
    match path.strip_prefix("/play")? {
        "" => Some(None),
        rest => {
            let named = rest.strip_prefix('/')?;
            (!named.is_empty() && !named.contains('/')).then(|| Some(named.to_owned()))
        }
    }
}

/// A client's files, below `/pkg/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientFile {
    /// The script.
    pub js: String,
    /// The WebAssembly module.
    pub wasm: String,
    /// The further modules of each chunk: its own, and those that it shares with others.
    pub chunks: BTreeMap<String, Vec<String>>,
}

/// The style sheets, below `/pkg/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StyleSheets {
    /// Of the guitar, the start page and the page for addresses that have none.
    pub guitar: String,
    /// Of the gym.
    pub gym: String,
}

/// The files of all clients, as the build lists them in `pkg/files.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientFiles {
    /// By the names that [`PageKind::client`] gives.
    pub clients: BTreeMap<String, ClientFile>,
    /// The style sheets.
    pub css: StyleSheets,
}

impl ClientFiles {
    /// The files of a build without a list: one client under its plain name.
    pub fn unlisted(name: &str) -> Self {
        let whole = ClientFile {
            js: format!("{name}.js"),
            wasm: format!("{name}.wasm"),
            chunks: BTreeMap::new(),
        };
        let names = ["phone", "stage", "practice", "gym"];
        let clients = names.map(|client| (client.to_owned(), whole.clone()));
        let whole = format!("{name}.css");
        let css = StyleSheets { guitar: whole.clone(), gym: whole };
        Self { clients: BTreeMap::from(clients), css }
    }

    /// The style sheet of a page.
    pub fn style_of(&self, page: PageKind) -> &str {
        match page.is_of_gym() {
            true => &self.css.gym,
            false => &self.css.guitar,
        }
    }

    /// The client of a page that needs one, and the modules of the page's chunk.
    pub fn of(&self, page: PageKind) -> Option<(&ClientFile, &[String])> {
        let client = self.clients.get(page.client()?)?;
        let chunk = page.chunk().and_then(|chunk| client.chunks.get(chunk));
        Some((client, chunk.map_or(&[], Vec::as_slice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_page() {
        for (path, page) in [
            ("/", PageKind::Landing),
            ("/guitar", PageKind::Stage),
            ("/practice", PageKind::Practice),
            ("/play", PageKind::Phone),
            ("/play/01920000-0000-7000-8000-000000000001", PageKind::Phone),
            ("/gym", PageKind::Dashboard),
            ("/gym/desk", PageKind::Desk),
            ("/gym/sign-in", PageKind::SignIn),
            ("/gym/nothing", PageKind::LostInGym),
            ("/gymnastics", PageKind::NotFound),
            ("/guitar/x", PageKind::NotFound),
        ] {
            assert_eq!(PageKind::of(path), page, "{path}");
        }
    }

    #[test]
    fn the_phone_has_two_addresses() {
        assert_eq!(played_session("/play"), Some(None));
        assert_eq!(played_session("/play/abc"), Some(Some("abc".to_owned())));
        for other in ["/", "/play/", "/player", "/play/abc/", "/play/abc/d", "/nowhere"] {
            assert_eq!(played_session(other), None, "{other}");
        }
    }

    #[test]
    fn a_page_loads_its_client_and_its_chunk() {
        let mut files = ClientFiles::unlisted("cadence");
        let modules = vec!["shared.wasm".to_owned(), "desk.wasm".to_owned()];
        if let Some(gym) = files.clients.get_mut("gym") {
            gym.chunks.insert("desk".to_owned(), modules.clone());
        }
        let chunk = |page| files.of(page).map(|(client, chunk)| (&*client.js, chunk));
        assert_eq!(chunk(PageKind::Desk), Some(("cadence.js", &modules[..])));
        assert_eq!(chunk(PageKind::Phone), Some(("cadence.js", &[][..])));
        assert_eq!(chunk(PageKind::Landing), None);
    }
}
