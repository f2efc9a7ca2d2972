//! The files of a module must not depend on one another in cycles, so that a reader can begin with the files that use
//! no other file.

use super::{none, tree};
use std::collections::{BTreeMap, BTreeSet};

/// Accepted cycles: all their files in alphabetical order, and the reason.
const EXCEPTIONS: [(&[&str], &str); 1] = [(
    &[
        "call/session",
        "call/session/claims",
        "call/session/early_reply",
        "call/session/idle",
        "call/session/interruption",
        "call/session/keys",
        "call/session/notes",
        "call/session/reply_watch",
        "call/session/takeover",
        "call/session/tools",
        "call/session/transfer",
    ],
    "methods of the session in the file of the part that they are about",
)];

#[test]
fn files_of_a_module_use_one_another_one_way() {
    let (mut findings, mut needed) = (Vec::new(), BTreeSet::new());
    for root in ["src/", "crates/core/src/", "crates/simulator/src/", "crates/sqlite-mirror/src/"] {
        for circle in Sources::read(root).circles() {
            let is_excused = |(files, _): &&(&[&str], &str)| circle == *files;
            match EXCEPTIONS.iter().find(is_excused) {
                Some((files, _)) => needed.extend([files[0]]),
                None => findings.push(circle.join(", ")),
            }
        }
    }
    let needless = EXCEPTIONS.iter().filter(|(files, _)| !needed.contains(files[0]));
    findings.extend(needless.map(|(files, _)| format!("{}: the exception is not needed", files[0])));
    none(&findings, "move what both files use into a file of its own");
}

#[test]
fn a_circle_is_found_through_a_re_export() {
    let file = |path: &str, text: &str| tree::File { path: format!("src/{path}.rs"), text: text.to_owned() };
    let sources = |child: &str| {
        let parent = "mod one;\nmod two;\npub use one::One;\n";
        let two = file("parent/two", "pub struct Two;\n");
        Sources::new("src/", &[file("parent", parent), file("parent/one", child), two])
    };
    assert!(sources("use super::two::Two;\npub struct One(Two);\n").circles().is_empty());
    let parent = file("parent", "mod one;\nmod two;\npub use one::{One, Other};\n");
    let one = file("parent/one", "use super::two::Two;\npub struct One(Two);\n");
    let two = file("parent/two", "use super::One;\npub struct Two(One);\n");
    assert_eq!(Sources::new("src/", &[parent, one, two]).circles(), [["parent/one", "parent/two"]]);
}

/// The files of a crate, by their paths below its root, without `.rs`.
struct Sources {
    files: BTreeMap<String, Source>,
}

struct Source {
    /// Imports: the path, the name in this file, and whether other files may import the name from this file.
    imports: Vec<(Vec<String>, String, bool)>,
    defined: BTreeSet<String>,
    /// The code without imports and strings.
    code: String,
}

impl Sources {
    fn read(root: &str) -> Self {
        Self::new(root, &tree::rust(&[root]))
    }

    fn new(root: &str, files: &[tree::File]) -> Self {
        let product = files.iter().filter(|file| !file.is_test());
        let named =
            product.filter_map(|file| Some((file.path.strip_prefix(root)?.strip_suffix(".rs")?.to_owned(), file)));
        Self { files: named.map(|(path, file)| (path, Source::parse(file))).collect() }
    }

    /// Returns the groups of files of one module that depend on one another.
    fn circles(&self) -> Vec<Vec<&str>> {
        let targets: BTreeMap<&str, BTreeSet<&str>> =
            self.files.keys().map(|path| (path.as_str(), self.targets(path))).collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            targets.keys().map(|path| (*path, reached_from(path, &targets))).collect();
        let mut circles: Vec<Vec<&str>> = Vec::new();
        for path in reached.keys().filter(|path| reached[**path].contains(**path)) {
            if !circles.iter().any(|circle| circle.contains(path)) {
                circles.push(reached[path].iter().filter(|other| reached[**other].contains(path)).copied().collect());
            }
        }
        circles
    }

    /// Returns the files of the same module that a file uses, without the file itself.
    fn targets(&self, path: &str) -> BTreeSet<&str> {
        let source = &self.files[path];
        let mut found = BTreeSet::new();
        for (import, name, is_public) in &source.imports {
            // A re-export counts as a use only if the code also uses the name.
            if !is_public || words(&source.code).any(|word| word == name) {
                match self.resolve(path, import, 0) {
                    Some((target, true)) => {
                        let names = paths_from(&source.code, name);
                        found.extend(names.iter().filter_map(|rest| self.walk(target, rest, 0)).map(|(file, _)| file));
                    }
                    Some((target, false)) => _ = found.insert(target),
                    None => {}
                }
            }
        }
        for start in ["crate", "self", "super"] {
            let names = paths_from(&source.code, start).into_iter();
            let whole = names.map(|rest| [vec![start.to_owned()], rest].concat());
            found.extend(whole.filter_map(|whole| self.resolve(path, &whole, 0)).map(|(file, _)| file));
        }
        for child in self.files.keys().filter_map(|file| file.strip_prefix(path)?.strip_prefix('/')) {
            if !child.contains('/') {
                let names = paths_from(&source.code, child).into_iter();
                let whole = names.map(|rest| [vec![child.to_owned()], rest].concat());
                found.extend(whole.filter_map(|whole| self.resolve(path, &whole, 0)).map(|(file, _)| file));
            }
        }
        let module = |path: &str| path.split('/').next().map(str::to_owned);
        found.retain(|target| *target != path && module(target) == module(path));
        found
    }

    /// Returns the file that defines the target of a path in a file, and whether the path names the file's module
    /// itself.
    fn resolve(&self, file: &str, path: &[String], depth: usize) -> Option<(&str, bool)> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk("", rest, depth),
            "self" => self.walk(file, rest, depth),
            "super" => {
                let parent = file.rsplit_once('/').map_or("", |(parent, _)| parent);
                match rest.first() {
                    Some(next) if next == "super" => self.resolve(parent, rest, depth),
                    _ => self.walk(parent, rest, depth),
                }
            }
            child if self.files.contains_key(&format!("{file}/{child}")) => self.walk(file, path, depth),
            _ => None,
        }
    }

    /// Follows a path from a module to the file that defines its last name, including through re-exports.
    fn walk(&self, module: &str, path: &[String], depth: usize) -> Option<(&str, bool)> {
        let Some((first, rest)) = path.split_first() else {
            return self.files.get_key_value(module).map(|(file, _)| (file.as_str(), true));
        };
        let child = if module.is_empty() { first.clone() } else { format!("{module}/{first}") };
        if self.files.contains_key(&child) {
            return self.walk(&child, rest, depth);
        }
        let (file, source) = self.files.get_key_value(module)?;
        let import = source.imports.iter().find(|(_, name, _)| name == first);
        match import {
            Some((import, ..)) if !source.defined.contains(first) && depth < 8 => {
                self.resolve(file, &[import.clone(), rest.to_vec()].concat(), depth + 1)
            }
            _ => Some((file, false)),
        }
    }
}

fn reached_from<'s>(path: &str, targets: &BTreeMap<&'s str, BTreeSet<&'s str>>) -> BTreeSet<&'s str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = targets[path].iter().copied().collect();
    while let Some(path) = next.pop() {
        if reached.insert(path) {
            next.extend(&targets[path]);
        }
    }
    reached
}

impl Source {
    fn parse(file: &tree::File) -> Self {
        let is_declaration = |line: &str| line.contains("mod ") && line.ends_with(';');
        let lines = file.product_lines().filter(|(_, line)| !is_declaration(line));
        let text: String = lines.flat_map(|(_, line)| [line, "\n"]).collect();
        let text = text.replace("'\"'", "").replace("\\\\", "").replace("\\\"", "");
        let text = text.split('"').step_by(2).collect::<Vec<_>>().join("\"");
        let (mut imports, mut code) = (Vec::new(), String::new());
        let mut rest = text.as_str();
        while let Some((before, is_public, after)) = next_import(rest) {
            code.push_str(before);
            let end = after.find(';').unwrap_or(after.len());
            expand(&[], &after[..end], &mut |path, name| imports.push((path, name, is_public)));
            rest = &after[end..];
        }
        code.push_str(rest);
        let keywords = ["struct", "enum", "trait", "type", "fn", "const", "static", "macro_rules"];
        // The lifetime `'static` defines nothing.
        let definitions = code.replace("'static", "");
        let names = words(&definitions).zip(words(&definitions).skip(1)).filter(|(word, _)| keywords.contains(word));
        let defined = names.map(|(_, name)| name.to_owned()).collect();
        Self { imports, defined, code }
    }
}

/// Returns the text before the next import, whether the import is a re-export, and the text after its `use`.
pub(super) fn next_import(text: &str) -> Option<(&str, bool, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let statement = line.trim_start();
        if let Some(start) = statement.find("use ").filter(|start| {
            let before = statement[..*start].trim_end();
            before.is_empty() || before == "pub" || before.starts_with("pub(") && before.ends_with(')')
        }) {
            let from = at + (line.len() - statement.len());
            return Some((&text[..from], start > 0, &text[from + start + "use ".len()..]));
        }
        at += line.len();
    }
    None
}

/// Calls `each` with the path and the name of everything that the tree of a `use` imports.
pub(super) fn expand(prefix: &[String], tree: &str, each: &mut impl FnMut(Vec<String>, String)) {
    let mut depth = 0;
    let parts = tree.split(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (path, group) = part.split_once('{').map_or((part, None), |(path, group)| (path, Some(group)));
        let (path, alias) = path.split_once(" as ").map_or((path, None), |(path, alias)| (path, Some(alias.trim())));
        let mut whole = prefix.to_vec();
        whole.extend(path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        whole.pop_if(|name| !prefix.is_empty() && name == "self");
        if let Some(group) = group {
            expand(&whole, group.trim_end().strip_suffix('}').unwrap_or(group), each);
        } else {
            let name = alias.map(str::to_owned).or_else(|| whole.last().cloned()).unwrap_or_default();
            each(whole, name);
        }
    }
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Returns the rest of each path in the code that begins with `name`, such as `a::B` for `name::a::B`.
fn paths_from(code: &str, name: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    // `pub(in crate::a)` only limits visibility.
    let begins = |before: &str| !before.ends_with(is_part) && !before.ends_with('.') && !before.ends_with("(in ");
    code.match_indices(&format!("{name}::"))
        .filter(|(at, _)| begins(&code[..*at]))
        .map(|(at, start)| {
            let rest = &code[at + start.len()..];
            let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            rest[..end].split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
        })
        .collect()
}
