//! What one module of Rust text names: its imports, its paths, its own items. Read token by token, so
//! that what stands inside a macro counts as well. Code under `#[cfg(test)]` is left out.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module as it is written.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Modules that stand in a file of their own: `mod x;`.
    pub(crate) children: Vec<String>,
    /// Modules that stand inside this one: `mod x { … }`.
    pub(crate) inline: Vec<(String, Source)>,
    /// Every name that `use` brings in.
    pub(crate) imports: Vec<Import>,
    /// Every path outside of `use`, as it is written.
    pub(crate) mentions: Vec<Mention>,
    /// Items declared here.
    pub(crate) items: BTreeSet<String>,
    /// Types with an `impl` block here.
    pub(crate) implemented: BTreeSet<String>,
}

/// One name of one `use`.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name it has here; `*` for a glob.
    pub(crate) name: String,
    /// Whether it is handed on (`pub use`, also `pub(crate)` and `pub(super)`).
    pub(crate) handed_on: bool,
    pub(crate) line: usize,
}

/// One path in the code.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// Words before a name that declare it.
const DECLARING: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];

impl Source {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
        let mut source = Self::default();
        source.module(tokens);
        Ok(source)
    }

    fn module(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        if is(&tokens, 0, "#") && is(&tokens, 1, "!") && only_for_tests(tokens.get(2)) {
            return;
        }
        self.walk(&tokens, true);
    }

    /// `items`: the tokens are those of a module, and not of a body.
    fn walk(&mut self, tokens: &[TokenTree], items: bool) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let word = word(token);
            at = match (token, word.as_deref()) {
                (TokenTree::Punct(sign), _)
                    if sign.as_char() == '#' && only_for_tests(tokens.get(at + 1)) =>
                {
                    past_item(tokens, at + 2)
                }
                (_, Some("use")) if !is(tokens, at + 1, "<") => self.import(tokens, at),
                (_, Some("mod")) if items => self.child(tokens, at),
                (TokenTree::Group(group), _) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.walk(&inner, false);
                    at + 1
                }
                (_, Some("impl")) if items => {
                    self.implemented.extend(implemented_type(&tokens[at + 1..]));
                    at + 1
                }
                (_, Some(word)) if DECLARING.contains(&word) && items => {
                    self.items.extend(tokens.get(at + 1).and_then(self::word));
                    at + 1
                }
                (_, Some("macro_rules")) if items => {
                    self.items.extend(tokens.get(at + 2).and_then(self::word));
                    at + 3
                }
                (_, Some(_)) => self.mention(tokens, at),
                _ => at + 1,
            };
        }
    }

    fn child(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(name) = tokens.get(at + 1).and_then(word) else { return at + 1 };
        match tokens.get(at + 2) {
            Some(TokenTree::Group(body)) => {
                let mut inline = Self::default();
                inline.module(body.stream());
                self.inline.push((name, inline));
            }
            _ => self.children.push(name),
        }
        at + 3
    }

    fn import(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let end = at + tokens[at..].iter().position(|token| sign(token, ';')).unwrap_or(0);
        let handed_on = at > 0
            && (is(tokens, at - 1, "pub")
                || at > 1
                    && is(tokens, at - 2, "pub")
                    && matches!(tokens[at - 1], TokenTree::Group(_)));
        self.import_tree(&tokens[at + 1..end.max(at + 1)], &[], handed_on);
        end.max(at) + 1
    }

    fn import_tree(&mut self, tokens: &[TokenTree], before: &[String], handed_on: bool) {
        let mut path = before.to_vec();
        let mut line = 0;
        let mut name = None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| sign(token, ',')) {
                        self.import_tree(branch, &path, handed_on);
                    }
                    return;
                }
                TokenTree::Ident(_) if is(tokens, at, "as") => {
                    name = tokens.get(at + 1).and_then(word);
                    break;
                }
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(sign) if sign.as_char() == '*' => path.push("*".to_owned()),
                _ => {}
            }
            line = token.span().start().line;
        }
        if line == 0 {
            return;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
        self.imports.push(Import { path, name, handed_on, line });
    }

    /// A path that begins at `at`; gives the place behind it.
    fn mention(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let mut path: Vec<String> = tokens.get(at).and_then(word).into_iter().collect();
        let mut end = at + 1;
        while is(tokens, end, ":") && is(tokens, end + 1, ":") {
            let Some(next) = tokens.get(end + 2).and_then(word) else { break };
            path.push(next);
            end += 3;
        }
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let of_a_value = before.is_some_and(|token| sign(token, '.') || sign(token, '\''));
        let of_another_crate =
            before.is_some_and(|token| sign(token, ':')) && at > 1 && sign(&tokens[at - 2], ':');
        let is_declared =
            before.and_then(word).is_some_and(|word| DECLARING.contains(&word.as_str()));
        let is_called = matches!(tokens.get(end), Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Parenthesis);
        let is_variable = path.len() == 1
            && !(is_called || is(tokens, end, "!"))
            && !path[0].starts_with(char::is_uppercase);
        if !(of_a_value || of_another_crate || is_declared || is_variable) {
            self.mentions.push(Mention { path, line: tokens[at].span().start().line });
        }
        end
    }
}

fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    }
}

fn sign(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == wanted)
}

fn is(tokens: &[TokenTree], at: usize, text: &str) -> bool {
    match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word == text,
        Some(TokenTree::Punct(sign)) => text.len() == 1 && text.starts_with(sign.as_char()),
        _ => false,
    }
}

/// Whether the attribute is `cfg(test)` or `cfg(all(test, …))`.
fn only_for_tests(attribute: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = attribute else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// The place behind the item, statement or field that begins at `at`.
fn past_item(tokens: &[TokenTree], at: usize) -> usize {
    let mut at = at;
    let mut to_the_semicolon = false;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) => {
                to_the_semicolon |=
                    ["use", "let", "type", "const", "static"].iter().any(|&w| word == w);
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !to_the_semicolon =>
            {
                return at + 1;
            }
            TokenTree::Punct(sign) => match sign.as_char() {
                ';' => return at + 1,
                ',' if !to_the_semicolon => return at + 1,
                _ => {}
            },
            _ => {}
        }
        at += 1;
    }
    at
}

/// The type of `impl<…> Trait for Type<…> {`, by its last word.
fn implemented_type(tokens: &[TokenTree]) -> Option<String> {
    let mut depth = 0_usize;
    let mut name = None;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '<' => depth += 1,
            TokenTree::Punct(sign)
                if sign.as_char() == '>' && !(at > 0 && is(tokens, at - 1, "-")) =>
            {
                depth = depth.saturating_sub(1);
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            TokenTree::Ident(word) if depth == 0 => {
                if word == "where" {
                    break;
                }
                name = Some(word.to_string());
            }
            _ => {}
        }
    }
    name
}
