//! The files of the project, and their code lines.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct File {
    /// The path relative to the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The folders of the daemon's sources. The daemon uses the modules of the crate `core` like its own modules.
pub(crate) const DAEMON: [&str; 2] = ["src/", "crates/core/src/"];

/// The folders of the product's Rust sources.
pub(crate) const PRODUCT: [&str; 2] = ["src/", "crates/"];

/// Returns every text file of the project that is not generated.
pub(crate) fn files() -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} files found below {}", found.len(), root.display());
    found
}

pub(crate) fn rust(folders: &[&str]) -> Vec<File> {
    let below = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    files().into_iter().filter(|file| file.has_extension("rs") && below(&file.path)).collect()
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let file_type = entry.file_type().unwrap();
        if file_type.is_dir() {
            if !GENERATED.contains(&name.as_str()) {
                collect(root, &path, found);
            }
        } else if name != ".git"
            && file_type.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.push(File { path, text });
        }
    }
}

/// Folders that are generated, or that git uses.
const GENERATED: [&str; 8] =
    [".git", "target", "node_modules", "data", "dist", "test-results", "proptest-regressions", "mutants.out"];

impl File {
    /// Returns the module that the file belongs to: `call` for `call.rs` and `call/session.rs`. Returns `None` outside
    /// the product's sources.
    pub(crate) fn module(&self) -> Option<&str> {
        let in_crate = || self.path.strip_prefix("crates/")?.split_once("/src/").map(|(_, path)| path);
        let path = self.path.strip_prefix("src/").or_else(in_crate)?;
        Some(path.split_once('/').map_or_else(|| path.trim_end_matches(".rs"), |(module, _)| module))
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Returns true if the whole file is compiled only for tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.ends_with("/testing.rs")
    }

    /// Returns the code lines with their numbers, up to the tests at the end of the file. A file that is only for tests
    /// has no such lines.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let before_tests = |line: &&str| !line.starts_with("#[cfg(test)]");
        let lines = if self.is_test() { "" } else { &self.text };
        // `mod tests;` may be at the top of the file, together with other modules.
        let inline = self.text.contains("#[cfg(test)]\nmod tests {");
        lines.lines().take_while(move |line| !inline || before_tests(line)).enumerate().filter_map(code)
    }

    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().filter_map(code)
    }
}

/// Removes the comment from a numbered line. Returns `None` if nothing else is left.
fn code((index, line): (usize, &str)) -> Option<(usize, &str)> {
    let code = line.split_once("//").map_or(line, |(code, comment)| {
        // The slashes of a URL in a string do not start a comment.
        if code.ends_with(':') || comment.starts_with('/') && code.contains('"') { line } else { code }
    });
    (!code.trim().is_empty()).then_some((index + 1, code))
}
