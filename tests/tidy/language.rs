//! Plain technical English: words that a newcomer would not search for, and the ones to use instead. Texts in Hebrew are
//! in the locale files.

use super::{none, tree};

/// Files and folders that are checked: the documents, and the comments of the sources and scripts.
const CHECKED: [&str; 17] = [
    ".ci/",
    ".github/",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "benches/",
    "bridge/",
    "crates/",
    "docs/",
    "scripts/",
    "src/",
    "systemd/",
    "tests/",
    "web/",
];

/// Folders with texts of others, and this list itself.
const NOT_CHECKED: [&str; 2] = ["tests/fixtures/", "tests/tidy/language.rs"];

/// A word, and what to write instead.
const BANNED: [(&str, &str); 20] = [
    ("anew", "again, re-create, retry"),
    ("crowd", "connections, clients"),
    ("door", "listener"),
    ("doors", "listeners"),
    ("heritage", "previous run"),
    ("house", "system, service"),
    ("mend", "fix, repair"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("nobody", "name the actor: no client, no user"),
    ("somebody", "name the actor: a user, another process"),
    ("stranger", "unauthenticated client, new contact, foreign file"),
    ("strangers", "unauthenticated clients, new contacts, foreign files"),
    ("told", "notified, reported, sent"),
    ("trouble", "error, problem, failure"),
    ("troubles", "errors, problems"),
    ("uttering", "utterance"),
    ("utterings", "utterances"),
    ("verdict", "status, result"),
    ("whoever", "name the actor: the client, the contact"),
];

/// Lines that may contain such a word, identified by a part of them, with the reason.
const EXCEPTIONS: [(&str, &str); 1] = [("\"told\"", "a field of the API")];

#[test]
fn prose_is_plain() {
    let mut findings = Vec::new();
    let is_in = |file: &tree::File, paths: &[&str]| paths.iter().any(|path| file.path.starts_with(path));
    let is_checked = |file: &tree::File| is_in(file, &CHECKED) && !is_in(file, &NOT_CHECKED);
    for file in tree::files().iter().filter(|file| is_checked(file)) {
        let has = |extensions: &[&str]| extensions.iter().any(|extension| file.has_extension(extension));
        let comment: &[&str] = match () {
            () if has(&["rs", "js", "mjs", "cjs", "ts", "tsx", "c", "css", "html"]) => &["//", "* ", "/*"],
            () if has(&["sh", "py"]) || file.path.starts_with(".ci/") => &["#"],
            // Generated; snapshots contain texts of the code, which is checked itself. Catalogs are the texts of the page.
            () if has(&["json", "po", "snap"]) => continue,
            () => &[""],
        };
        for (number, line) in file.text.lines().enumerate() {
            let is_excepted = EXCEPTIONS.iter().any(|(part, _)| line.contains(part));
            if !comment.iter().any(|start| line.trim_start().starts_with(start)) || is_excepted {
                continue;
            }
            let prose = without_names(line).to_lowercase();
            let words = || prose.split(|c: char| !c.is_alphabetic());
            let banned = BANNED.iter().filter(|(word, _)| words().any(|found| found == *word));
            findings.extend(banned.map(|(word, instead)| format!("{}:{}: {word} ({instead})", file.path, number + 1)));
        }
    }
    none(&findings, "write what an engineer would search for");
}

/// The line without what is in backticks: names of code.
fn without_names(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Code that may contain Hebrew, with the reason.
const HEBREW: [(&str, &str); 4] = [
    ("src/cli/demo/", "what the simulated people say and write"),
    ("src/cli/doctor/fix.rs", "what a user may type instead of `yes`"),
    ("src/cli/simulate/", "what the simulated people write"),
    ("src/crm/password/guessable.rs", "the rows of a Hebrew keyboard"),
];

#[test]
fn hebrew_is_written_in_the_locale_files_alone() {
    let is_hebrew = |letter: char| ('\u{590}'..='\u{5ff}').contains(&letter);
    let (mut findings, mut needed) = (Vec::new(), std::collections::BTreeSet::new());
    for file in tree::rust(&tree::DAEMON) {
        let exception = HEBREW.iter().find(|(path, _)| file.path.starts_with(path));
        for (number, line) in file.product_lines().filter(|(_, line)| line.contains(is_hebrew)) {
            match exception {
                Some((path, _)) => needed.extend([*path]),
                None => findings.push(format!("{}:{number}: {}", file.path, line.trim())),
            }
        }
    }
    let needless = HEBREW.iter().filter(|(path, _)| !needed.contains(path));
    findings.extend(needless.map(|(path, _)| format!("{path}: the exception is not needed")));
    none(&findings, "texts for users are in locales/he.ftl and locales/en.ftl");
}
