//! Which files a page makes the browser load.
//!
//! A release build splits the client into one main module and a chunk per page, so that a phone
//! at a guitar does not download a gym. A development build, and one by cargo-leptos, has
//! everything in one module.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A page, as the addresses tell them apart. A link between two of them loads a document anew,
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
    /// An address below `/gym` that has no page: the gym's router says so.
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

    /// The chunks that the page needs besides the main module, under their names in
    /// [`crate::chunks`]. `None` for pages that are finished when the server has rendered them.
    pub fn chunks(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Landing | Self::NotFound => None,
            Self::Phone => Some(&["phone"]),
            Self::Stage => Some(&["stage"]),
            Self::Practice => Some(&["practice"]),
            Self::SignIn => Some(&["gym", "sign_in"]),
            Self::Dashboard => Some(&["gym", "dashboard"]),
            Self::Desk => Some(&["gym", "desk"]),
            Self::Members => Some(&["gym", "members"]),
            Self::LostInGym => Some(&["gym"]),
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

/// The client's files below `/pkg/`, as the build lists them in `pkg/files.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientFiles {
    /// The script that starts the main module.
    pub js: String,
    /// The main module.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// The WebAssembly files of each chunk: its own, and those that it shares with others.
    pub chunks: BTreeMap<String, Vec<String>>,
}

impl ClientFiles {
    /// The files of a build without a list: one client under its plain name.
    pub fn unlisted(name: &str) -> Self {
        Self {
            js: format!("{name}.js"),
            wasm: format!("{name}.wasm"),
            css: format!("{name}.css"),
            chunks: BTreeMap::new(),
        }
    }

    /// The WebAssembly files of a page besides the main module, each once.
    pub fn chunks_of(&self, page: PageKind) -> Vec<&str> {
        let mut files = Vec::new();
        for chunk in page.chunks().unwrap_or_default() {
            for file in self.chunks.get(*chunk).into_iter().flatten() {
                if !files.contains(&file.as_str()) {
                    files.push(file);
                }
            }
        }
        files
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
    fn a_file_that_two_chunks_share_is_loaded_once() {
        let list = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
        let chunks = BTreeMap::from([
            ("gym".to_owned(), list(&["shared.wasm", "gym.wasm"])),
            ("desk".to_owned(), list(&["shared.wasm", "desk.wasm"])),
        ]);
        let files = ClientFiles { chunks, ..ClientFiles::unlisted("cadence") };
        assert_eq!(files.chunks_of(PageKind::Desk), ["shared.wasm", "gym.wasm", "desk.wasm"]);
        assert!(files.chunks_of(PageKind::Landing).is_empty());
    }
}
