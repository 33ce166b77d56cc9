//! The import graph of `src`. Names are followed through re-exports to the file that defines them.
//!
//! It is computed from the text, not from the compiler's tables: a path that begins with `crate`, `self`,
//! `super`, a child module or an imported name is resolved. A method call is not an import.

use std::collections::{BTreeMap, BTreeSet};

/// A module path, such as `["ledger", "load"]`.
type Module = Vec<String>;

struct Import {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

struct File {
    path: String,
    definitions: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths outside `use` statements.
    paths: BTreeSet<Vec<String>>,
}

pub struct Imports {
    files: BTreeMap<Module, File>,
}

impl Imports {
    /// Parses the files of `src`, given as paths and texts.
    pub fn of(sources: &[(String, String)]) -> Self {
        let inside = sources.iter().filter(|(path, _)| path != "main.rs");
        Self { files: inside.map(|(path, text)| (module(path), File::read(path, text))).collect() }
    }

    /// Returns each file with the files that it imports.
    pub fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let of = |(module, file): (&Module, &File)| -> BTreeSet<&str> {
            let own = file.imports.iter().filter(|import| !import.is_public).map(|import| &import.path);
            let found =
                own.chain(&file.paths).filter_map(|path| self.resolve(&self.absolute(module, path)?, 0));
            found.filter(|other| *other != file.path).collect()
        };
        self.files.iter().map(|(module, file)| (file.path.as_str(), of((module, file)))).collect()
    }

    /// Turns a path in `module` into one from the root of the crate; `None` if the path leads out of the crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module.as_slice(), rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat())
            }
            _ => {
                let child = [module.as_slice(), std::slice::from_ref(first)].concat();
                if self.files.contains_key(&child) {
                    return Some([child.as_slice(), rest].concat());
                }
                let named = |import: &&Import| import.name == *first && import.path[0] != *first;
                let import = self.files[module].imports.iter().find(named)?;
                Some([self.absolute(module, &import.path)?.as_slice(), rest].concat())
            }
        }
    }

    /// Returns the file that defines the item with this path; `None` if the path names only a module.
    fn resolve(&self, path: &[String], depth: usize) -> Option<&str> {
        let length = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let (module, rest) = (path[..length].to_vec(), &path[length..]);
        let file = &self.files[&module];
        let Some(name) = rest.first().filter(|name| !file.definitions.contains(*name)) else {
            // A path to a module names no item in it.
            return (!rest.is_empty()).then_some(&file.path);
        };
        let re_exported = file.imports.iter().find(|import| import.is_public && import.name == *name);
        let Some(import) = re_exported.filter(|_| depth < 8) else { return Some(&file.path) };
        let target = self.absolute(&module, &import.path)?;
        self.resolve(&[target.as_slice(), &rest[1..]].concat(), depth + 1)
    }
}

/// Returns a cycle of files that import each other, directly or through other files; `None` if there is none.
pub fn find_cycle<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let mut done = BTreeSet::new();
    edges.keys().find_map(|start| visit(start, edges, &mut Vec::new(), &mut done))
}

fn visit<'a>(
    file: &'a str,
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    trail: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(at) = trail.iter().position(|known| *known == file) {
        return Some(trail[at..].to_vec());
    }
    if !done.contains(file) {
        trail.push(file);
        let found = edges[file].iter().find_map(|next| visit(next, edges, trail, done));
        trail.pop();
        done.insert(file);
        return found;
    }
    None
}

/// Returns the module path of a file.
fn module(path: &str) -> Module {
    let mut parts: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

impl File {
    fn read(path: &str, text: &str) -> Self {
        // Leave out the unit tests of the file.
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let tokens = tokens(text);
        let mut file = Self {
            path: path.to_owned(),
            definitions: BTreeSet::new(),
            imports: Vec::new(),
            paths: BTreeSet::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            let before = at.checked_sub(1).map_or("", |before| tokens[before].as_str());
            match tokens[at].as_str() {
                "use" => {
                    let end = at + tokens[at..].iter().position(|token| token == ";").unwrap();
                    let is_public = before == "pub" || before == ")";
                    leaves(&tokens[at + 1..end], &[], is_public, &mut file.imports);
                    at = end;
                }
                // Skip the path in `pub(in crate::room)`: it is a visibility, not an import.
                "in" if before == "(" => {
                    while tokens[at] != ")" {
                        at += 1;
                    }
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" => {
                    file.definitions.extend(tokens.get(at + 1).cloned());
                }
                "macro_rules" => file.definitions.extend(tokens.get(at + 2).cloned()),
                word if is_name(word) && before != "::" && before != "." => {
                    let mut path = vec![word.to_owned()];
                    while tokens.get(at + 1).is_some_and(|token| token == "::")
                        && tokens.get(at + 2).is_some_and(|token| is_name(token))
                    {
                        path.push(tokens[at + 2].clone());
                        at += 2;
                    }
                    if path.len() > 1 {
                        file.paths.insert(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        file
    }
}

/// Collects each name that a `use` statement imports.
fn leaves(tokens: &[String], base: &[String], is_public: bool, found: &mut Vec<Import>) {
    let mut depth = 0;
    let parts = tokens.split(|token| {
        depth += i32::from(token == "{") - i32::from(token == "}");
        token == "," && depth == 0
    });
    for part in parts {
        let names =
            |tokens: &[String]| tokens.iter().filter(|token| *token != "::").cloned().collect::<Vec<_>>();
        if let Some(open) = part.iter().position(|token| token == "{") {
            let base = [base, &names(&part[..open])].concat();
            leaves(&part[open + 1..part.len() - 1], &base, is_public, found);
            continue;
        }
        let alias = part.iter().position(|token| token == "as");
        let mut path = [base, &names(&part[..alias.unwrap_or(part.len())])].concat();
        if path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = alias.map_or_else(|| path.last(), |at| part.get(at + 1));
        if let Some(name) = name.cloned() {
            found.push(Import { path, name, is_public });
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Splits source text into names, `::` and single characters. Comments, string literals and character
/// literals are left out.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw = ["r#\"", "br#\"", "r\"", "br\""].iter().find(|open| rest.starts_with(**open));
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(open) = raw {
            let close = if open.contains('#') { "\"#" } else { "\"" };
            open.len() + rest[open.len()..].find(close).unwrap() + close.len()
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else if is_name(rest) {
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            found.push(rest[..end.unwrap_or(rest.len())].to_owned());
            end.unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}

/// Whether a quote begins a character literal rather than a lifetime.
fn is_character(text: &str) -> bool {
    let mut letters = text.chars().skip(1);
    letters.next() == Some('\\') || letters.next() == Some('\'')
}

/// Returns the length of the literal at the start of the text.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    panic!("an unterminated literal");
}
