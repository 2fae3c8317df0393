//! Which files a page makes the browser load.
//!
//! The client is built in three parts, so that a phone at a guitar does not download a gym. A
//! development build, and one by cargo-leptos, has one client for all of them.

use serde::Deserialize;

/// A part of the client, and of the addresses. Links from one part to another load a page anew
/// (`rel="external"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The phone: `/play`.
    Play,
    /// The PC: the start page, `/guitar`, `/practice`.
    Stage,
    /// `/gym`.
    Gym,
}

impl Part {
    /// The part that a path belongs to; the smallest one for addresses that no page has.
    pub fn of(path: &str) -> Self {
        match path.split('/').nth(1).unwrap_or_default() {
            "gym" => Self::Gym,
            "" | "guitar" | "practice" => Self::Stage,
            _ => Self::Play,
        }
    }
}

/// A part's script and module, as addresses below `/pkg/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientFile {
    /// The script.
    pub js: String,
    /// The WebAssembly module.
    pub wasm: String,
}

/// The files of all parts, as the build lists them in `pkg/files.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientFiles {
    /// See [`Part::Play`].
    pub play: ClientFile,
    /// See [`Part::Stage`].
    pub stage: ClientFile,
    /// See [`Part::Gym`].
    pub gym: ClientFile,
    /// The style sheet.
    pub css: String,
}

impl ClientFiles {
    /// The files of a build without a list: one client under its plain name.
    pub fn unlisted(name: &str) -> Self {
        let client = ClientFile { js: format!("{name}.js"), wasm: format!("{name}.wasm") };
        Self {
            play: client.clone(),
            stage: client.clone(),
            gym: client,
            css: format!("{name}.css"),
        }
    }

    /// The files of a part.
    pub fn of(&self, part: Part) -> &ClientFile {
        match part {
            Part::Play => &self.play,
            Part::Stage => &self.stage,
            Part::Gym => &self.gym,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_part() {
        for (path, part) in [
            ("/", Part::Stage),
            ("/guitar", Part::Stage),
            ("/practice", Part::Stage),
            ("/play", Part::Play),
            ("/play/01920000-0000-7000-8000-000000000001", Part::Play),
            ("/gym", Part::Gym),
            ("/gym/desk", Part::Gym),
            ("/gymnastics", Part::Play),
        ] {
            assert_eq!(Part::of(path), part, "{path}");
        }
    }
}
