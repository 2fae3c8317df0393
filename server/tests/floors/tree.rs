//! The files of one crate and the imports between them, each followed to the file that declares what
//! is imported: `pub use` and the name of a module are signposts, not ends.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

/// One import from one file to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) line: usize,
    /// What is imported, as it is written.
    pub(crate) path: String,
}

impl std::fmt::Display for Arrow {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{} → {} ({})", self.from, self.line, self.to, self.path)
    }
}

/// A crate, module by module.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    modules: BTreeMap<Vec<String>, Module>,
}

#[derive(Debug)]
struct Module {
    file: String,
    source: Source,
}

impl Tree {
    /// Follows `mod` from `file` on; `name` is how other crates call this one.
    pub(crate) fn add_crate(
        &mut self,
        name: &str,
        file: &str,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.add(vec![name.to_owned()], file.to_owned(), folder, read)
    }

    fn add(
        &mut self,
        path: Vec<String>,
        file: String,
        folder: &str,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        let text = read(&file).ok_or_else(|| format!("{file} cannot be read"))?;
        let source = Source::read(&text).map_err(|error| format!("{file}: {error}"))?;
        for child in &source.children {
            let places = [format!("{folder}/{child}.rs"), format!("{folder}/{child}/mod.rs")];
            let Some(file) = places.into_iter().find(|place| read(place).is_some()) else {
                return Err(format!("{file} declares `mod {child}`, which has no file"));
            };
            let path = [path.as_slice(), std::slice::from_ref(child)].concat();
            self.add(path, file, &format!("{folder}/{child}"), read)?;
        }
        self.insert(path, file, source);
        Ok(())
    }

    fn insert(&mut self, path: Vec<String>, file: String, mut source: Source) {
        for (name, inline) in std::mem::take(&mut source.inline) {
            self.insert([path.as_slice(), &[name]].concat(), file.clone(), inline);
        }
        self.modules.insert(path, Module { file, source });
    }

    /// Every import between two files, once per line.
    pub(crate) fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for (here, module) in &self.modules {
            let imports = module.source.imports.iter().filter(|import| !import.handed_on);
            let imports: Vec<_> = imports.filter(|import| import.name != "*").collect();
            let imported =
                |path: &[String]| path.len() == 1 && imports.iter().any(|one| one.name == path[0]);
            let mentions = module.source.mentions.iter().filter(|mention| !imported(&mention.path));
            let named = mentions.map(|mention| (&mention.path, mention.line));
            let named = named.chain(imports.iter().map(|import| (&import.path, import.line)));
            for (path, line) in named {
                let Some(to) = self.file_of(here, path) else { continue };
                if to != module.file {
                    let (from, path) = (module.file.clone(), path.join("::"));
                    arrows.insert(Arrow { from, to, line, path });
                }
            }
        }
        arrows
    }

    /// Files with an `impl` block of `name`.
    pub(crate) fn files_implementing(&self, name: &str) -> BTreeSet<&str> {
        let modules = self.modules.values();
        modules
            .filter(|module| module.source.implemented.contains(name))
            .map(|module| module.file.as_str())
            .collect()
    }

    /// Every file of the crate.
    pub(crate) fn files(&self) -> BTreeSet<&str> {
        self.modules.values().map(|module| module.file.as_str()).collect()
    }

    /// The file that declares the item which `path` names in module `here`; nothing for an item of
    /// another crate and for a module by itself.
    fn file_of(&self, here: &[String], path: &[String]) -> Option<String> {
        let home = self.resolve(here, path, &mut BTreeSet::new())?;
        match home {
            Home::Item(module) => Some(self.modules.get(&module)?.file.clone()),
            Home::Module(_) => None,
        }
    }

    fn resolve(&self, here: &[String], path: &[String], seen: &mut Seen) -> Option<Home> {
        let (first, rest) = path.split_first()?;
        if !seen.insert((here.to_vec(), path.to_vec())) {
            return None;
        }
        match first.as_str() {
            "crate" | "$crate" => self.descend(&here[..1], rest, seen),
            "self" => self.descend(here, rest, seen),
            "super" => {
                self.descend(here.get(..here.len() - 1).filter(|up| !up.is_empty())?, rest, seen)
            }
            name => {
                let local = self.lookup(here, name, rest, seen);
                let of_crate = std::slice::from_ref(first);
                local.or_else(|| {
                    self.modules
                        .contains_key(of_crate)
                        .then(|| self.descend(of_crate, rest, seen))?
                })
            }
        }
    }

    fn descend(&self, module: &[String], path: &[String], seen: &mut Seen) -> Option<Home> {
        match path.split_first() {
            None => Some(Home::Module(module.to_vec())),
            Some((first, rest)) if first == "super" => self.descend(
                module.get(..module.len() - 1).filter(|up| !up.is_empty())?,
                rest,
                seen,
            ),
            Some((first, _)) if first == "*" => Some(Home::Module(module.to_vec())),
            // What is not declared in sight (for example by a macro) counts as the module's own.
            Some((first, rest)) => {
                self.lookup(module, first, rest, seen).or_else(|| Some(Home::Item(module.to_vec())))
            }
        }
    }

    /// `name` as module `here` declares, imports or holds it.
    fn lookup(
        &self,
        here: &[String],
        name: &str,
        rest: &[String],
        seen: &mut Seen,
    ) -> Option<Home> {
        let source = &self.modules.get(here)?.source;
        let import = source.imports.iter().find(|import| import.name == name);
        let child = [here, &[name.to_owned()]].concat();
        let is_child = self.modules.contains_key(&child);
        // A function may have the name of the module that it comes from.
        if is_child && (import.is_none() || !rest.is_empty()) {
            return self.descend(&child, rest, seen);
        }
        if source.items.contains(name) {
            return Some(Home::Item(here.to_vec()));
        }
        // `use log::log` begins with a crate, and not with the name that it brings in.
        if let Some(import) = import.filter(|import| is_child || import.path[0] != name) {
            return self.resolve(here, &[import.path.as_slice(), rest].concat(), seen);
        }
        // Two modules may glob each other.
        if !seen.insert((here.to_vec(), vec!["*".to_owned(), name.to_owned()])) {
            return None;
        }
        source.imports.iter().filter(|import| import.name == "*").find_map(|glob| {
            let Some(Home::Module(module)) = self.resolve(here, &glob.path, seen) else {
                return None;
            };
            self.lookup(&module, name, rest, seen)
        })
    }
}

/// Lookups under way, against imports that run in a ring.
type Seen = BTreeSet<(Vec<String>, Vec<String>)>;

#[derive(Debug)]
enum Home {
    /// The path ends at a module.
    Module(Vec<String>),
    /// The path names an item that this module declares.
    Item(Vec<String>),
}
