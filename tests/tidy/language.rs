//! Plain technical English: words that a newcomer would not search for, and their replacements. Hebrew texts are in the
//! locale files.

use super::{none, tree};
use std::collections::BTreeMap;

/// Files and folders that are checked: documents, whole scripts, and the comments and strings of the other sources.
const CHECKED: [&str; 26] = [
    ".ci/",
    ".config/",
    ".github/",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "benches/",
    "bridge/",
    "build.rs",
    "clippy.toml",
    "config.toml.example",
    "crates/",
    "deny.toml",
    "docs/",
    "locales/en.ftl",
    "migrations/",
    "packaging/",
    "scripts/",
    "src/",
    "systemd/",
    "tests/",
    "web/",
];

/// Files by other authors, the page's API types, which are generated from the daemon's names and texts, and this list
/// itself.
const NOT_CHECKED: [&str; 4] =
    ["bridge/LICENSE", "tests/fixtures/", "tests/tidy/language.rs", "web/src/shared/api/schema.ts"];

fn is_left_out(file: &tree::File) -> bool {
    NOT_CHECKED.iter().any(|path| file.path.starts_with(path))
}

/// A word or phrase, and its replacement.
const BANNED: &[(&str, &str)] = &[
    ("all the same", "anyway, nevertheless"),
    ("anew", "again, re-create, retry"),
    ("anybody", "name the actor: any client, any user"),
    ("come to an end", "end, finish"),
    ("comes to an end", "ends, finishes"),
    ("crowd", "connections, clients"),
    ("door", "listener"),
    ("doors", "listeners"),
    ("everybody", "name the actors: all users, all clients"),
    ("for good", "permanently"),
    ("gave way", "yielded"),
    ("give way", "yield"),
    ("gives way", "yields"),
    ("go on", "continue"),
    ("goes on", "continues"),
    ("going on", "continuing, in progress"),
    ("heritage", "previous run"),
    ("house", "system, service"),
    ("in force", "active, applies"),
    ("in vain", "without success, without an answer"),
    ("make way", "be evicted, free space"),
    ("makes way", "is evicted, frees space"),
    ("mend", "fix, repair"),
    ("mended", "fixed"),
    ("mends", "fixes"),
    ("new box", "new server"),
    ("news", "update, event, change"),
    ("no room", "no space"),
    ("nobody", "name the actor: no client, no user"),
    ("not ours", "foreign, of another program"),
    ("odd", "malformed, unsupported"),
    ("of ours", "local, our, built-in"),
    ("of theirs", "their"),
    ("parted", "separated, undone"),
    ("prove", "verify, show"),
    ("proved", "verified, shown"),
    ("proven", "verified"),
    ("proves", "verifies, shows"),
    ("put aside", "archived"),
    ("put back", "restored"),
    ("put right", "fixed"),
    ("puts back", "restores"),
    ("restored box", "restored server"),
    ("set aside", "archived"),
    ("sets aside", "archives"),
    ("somebody", "name the actor: a user, another process"),
    ("stand in", "be in, replace"),
    ("stands in", "is in, replaces"),
    ("stranger", "unauthenticated client, new contact, foreign file"),
    ("strangers", "unauthenticated clients, new contacts, foreign files"),
    ("taken back", "undone, rolled back, withdrawn"),
    ("take back", "undo, withdraw"),
    ("take it back", "undo, withdraw"),
    ("takes back", "undoes, withdraws"),
    ("takes it back", "undoes, withdraws"),
    ("this box", "this server"),
    ("told", "notified, reported, sent"),
    ("trouble", "error, problem, failure"),
    ("troubles", "errors, problems"),
    ("uttering", "utterance"),
    ("utterings", "utterances"),
    ("verdict", "status, result"),
    ("went on", "continued"),
    ("whoever", "name the actor: the client, the contact"),
    ("wish", "request"),
    ("wishes", "requests"),
    ("comes round", "returns, runs"),
    ("of its own accord", "by itself"),
];

/// The beginning of a banned word that some lines may contain; a part of these lines or of their file's path; and the
/// reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("nobody", "f.write_str(\"nobody\")", "stored in the audit log"),
    ("nobody", "chown nobody", "a user of the system"),
    ("prove", "bridge/", "bridge and daemon prove that they have a secret: the term of cryptography"),
    ("prove", "must prove", "as above"),
    ("prove", "that it is the bridge", "as above"),
    ("prove", "Proves to the bridge", "as above"),
    ("prove", "each proves to the", "as above"),
    ("prove", "has proved it once", "as above"),
    ("odd", "the count is odd", "the word for numbers"),
    ("not ours", "cause-database-not-ours", "stored in alerts"),
    ("go on", "354 go on", "an answer of a mail server"),
    ("told", "\"updates.told\"", "a stored key"),
    ("trouble", "rename = \"trouble\"", "a stored field"),
    ("told", "says said saying told tells", "words of callers"),
    ("told", "Your recording told me", "words of callers"),
    ("door", "how intercom gate door code", "words of callers"),
    ("told", "promise/phrases.txt", "words of the agent"),
    ("nobody", "promise/phrases.txt", "words of the agent"),
    ("somebody", "promise/phrases.txt", "words of the agent"),
];

/// Words that no name of the code contains, in addition to the single words of [`BANNED`].
const BANNED_IN_NAMES: &[(&str, &str)] = &[
    ("bilingual", "localized"),
    ("crumb", "piece"),
    ("crumbs", "pieces"),
    ("died", "panicked, ended, failed"),
    ("unnoted", "not_stored, unwritten"),
    ("unproved", "unverified"),
    ("unproven", "unverified"),
];

#[test]
fn names_are_plain() {
    let banned: BTreeMap<_, _> = BANNED.iter().chain(BANNED_IN_NAMES).copied().collect();
    let mut findings = Vec::new();
    let is_code = |file: &&tree::File| {
        !is_left_out(file) && ["rs", "ts", "tsx", "mjs"].iter().any(|kind| file.has_extension(kind))
    };
    for file in tree::files().iter().filter(is_code) {
        let quotes = if file.has_extension("rs") { RUST_QUOTES } else { SCRIPT_QUOTES };
        for (number, line) in file.code_lines() {
            for name in names(line, quotes) {
                let words = words_of_name(&name);
                let mut found = words.iter().filter_map(|word| banned.get_key_value(word.as_str()));
                if let Some((word, instead)) = found.find(|(word, _)| exception(word, &file.path, line).is_none()) {
                    findings.push(format!("{}:{number}: {name}: {word} ({instead})", file.path));
                }
            }
        }
    }
    none(&findings, "name it by the field's standard term");
}

#[test]
fn names_are_read_word_by_word() {
    assert_eq!(names("let provenAt = isOdd('told')", SCRIPT_QUOTES), ["let", "provenAt", "isOdd"]);
    assert_eq!(names(r##"let a = r#"{"odd":"x"}"#; told("\"odd")"##, RUST_QUOTES), ["let", "a", "r", "told"]);
    assert_eq!(names("fn of<'a>(odd: &'a str)", RUST_QUOTES), ["fn", "of", "a", "odd", "a", "str"]);
    assert_eq!(
        names(r#"warn!(event = "STORE_MENDED", "It is mended")"#, RUST_QUOTES),
        ["warn", "event", "STORE_MENDED"]
    );
    assert_eq!(words_of_name("provenAt"), ["proven", "at"]);
    assert_eq!(words_of_name("HTTPError"), ["httperror"]);
    assert_eq!(words_of_name("STORE_MENDED"), ["store", "mended"]);
}

/// The first words of names of tests that hide their subject: "what is old goes" instead of "an old row is deleted".
const RIDDLES: [&str; 10] = ["if", "it", "nothing", "of", "that", "they", "what", "where", "who", "whose"];

/// The words after "one" that show that it replaces a noun: "one that is old is deleted".
const AFTER_PRONOUN: [&str; 11] = ["can", "damaged", "does", "has", "in", "is", "may", "that", "was", "who", "with"];

#[test]
fn names_of_tests_have_a_subject() {
    let mut findings = Vec::new();
    for (place, name) in names_of_tests() {
        let mut words = name.strip_prefix("long_").unwrap_or(&name).split(|c: char| !c.is_alphanumeric());
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if RIDDLES.contains(&first) || first == "one" && AFTER_PRONOUN.contains(&second) {
            findings.push(format!("{place}: {name}"));
        }
    }
    none(&findings, "begin the name of a test with its subject: an_old_row_is_deleted");
}

#[test]
fn names_of_tests_are_plain() {
    let mut findings = Vec::new();
    for (place, name) in names_of_tests() {
        let prose = words_of(&name);
        // `names_are_plain` finds the single words.
        let phrases = BANNED.iter().filter(|(phrase, _)| phrase.contains(' '));
        for (phrase, instead) in phrases.filter(|(phrase, _)| prose.contains(&format!(" {phrase} "))) {
            findings.push(format!("{place}: {name}: {phrase} ({instead})"));
        }
    }
    none(&findings, "name the test in words that an engineer would search for");
}

/// Returns the name or title of each test, with its file and line.
fn names_of_tests() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in tree::files().iter().filter(|file| ["rs", "ts", "tsx"].iter().any(|kind| file.has_extension(kind))) {
        let mut is_test = false;
        for (number, line) in file.code_lines() {
            let line = line.trim_start();
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let name = match file.has_extension("rs") {
                true if is_test => line.trim_start_matches("async ").strip_prefix("fn "),
                true => None,
                false => title(line),
            };
            let Some(name) = name else { continue };
            // Reset only here, because other attributes may follow `#[test]`.
            is_test = false;
            found.push((format!("{}:{number}", file.path), name.to_owned()));
        }
    }
    assert!(found.len() > 2000, "only {} tests found", found.len());
    found
}

/// Returns the title of a test of a script that begins in this line.
fn title(line: &str) -> Option<&str> {
    let call = line.strip_prefix("test").or_else(|| line.strip_prefix("it"))?;
    let (_, title) = call.split_once('(').filter(|(kind, _)| kind.is_empty() || kind.starts_with('.'))?;
    title.trim_start().strip_prefix(['\'', '"', '`'])
}

/// The characters around a string in Rust, and in TypeScript.
const RUST_QUOTES: &[char] = &['"'];
const SCRIPT_QUOTES: &[char] = &['"', '\'', '`'];

/// Returns the names in a line of code: its identifiers outside of strings, and its log events.
fn names(line: &str, quotes: &[char]) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_event = |text: &str| text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    // Raw strings contain quotes, and other strings contain escaped quotes.
    let mut raw = line.split("#\"");
    let first = raw.next().unwrap_or_default().to_owned();
    let rest = raw.filter_map(|text| text.split_once("\"#")).map(|(_, code)| code);
    let line = rest.fold(first, |line, code| format!("{line} {code}")).replace("\\\"", "");
    let parts = line.split(quotes).enumerate();
    let code = parts.filter(|(index, text)| index % 2 == 0 || is_event(text));
    let found = code.flat_map(|(_, text)| text.split(|c| !is_name(c)).map(str::to_owned));
    found.filter(|name| !name.is_empty()).collect()
}

/// Splits a name in snake case or camel case into its words, in lower case.
fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if letter == '_' || (was_lower && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase();
        if letter != '_' {
            words.last_mut().unwrap().push(letter.to_ascii_lowercase());
        }
    }
    words
}

#[test]
fn prose_is_plain() {
    let (mut findings, mut needed) = (Vec::new(), std::collections::BTreeSet::new());
    let is_checked = |file: &tree::File| CHECKED.iter().any(|path| file.path.starts_with(path)) && !is_left_out(file);
    for file in tree::files().iter().filter(|file| is_checked(file)) {
        for (number, text) in texts(file) {
            let prose = words_of(&text);
            for (word, instead) in BANNED.iter().filter(|(word, _)| prose.contains(&format!(" {word} "))) {
                let line = file.text.lines().nth(number - 1).unwrap_or_default();
                match exception(word, &file.path, line) {
                    Some((start, part, _)) => needed.extend([(*start, *part)]),
                    None => findings.push(format!("{}:{number}: {word} ({instead})", file.path)),
                }
            }
        }
    }
    let needless = EXCEPTIONS.iter().filter(|(start, part, _)| !needed.contains(&(*start, *part)));
    findings.extend(needless.map(|(start, part, _)| format!("{start}, {part}: the exception is not needed")));
    none(&findings, "write what an engineer would search for");
}

fn exception(word: &str, path: &str, line: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    EXCEPTIONS.iter().find(|(start, part, _)| word.starts_with(start) && (path.contains(part) || line.contains(part)))
}

/// Returns the lines and strings of a file that users or developers read, each with its line number.
fn texts(file: &tree::File) -> Vec<(usize, String)> {
    let has = |extensions: &[&str]| extensions.iter().any(|extension| file.has_extension(extension));
    let lines = || file.text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned()));
    let starts_with = |line: &str, starts: &[&str]| starts.iter().any(|start| line.trim_start().starts_with(start));
    match () {
        // The translations of the page, whose source texts are Hebrew.
        () if has(&["po"]) && !file.path.ends_with("/en.po") => Vec::new(),
        () if has(&["po"]) => lines().filter(|(_, line)| !starts_with(line, &["#", "msgid"])).collect(),
        // JSON is generated. Snapshots contain texts of the code, which is checked itself.
        () if has(&["json", "snap"]) => Vec::new(),
        // Names cannot contain the words either, so the strings, titles and texts of a script need no separation from
        // its code.
        () if has(&["js", "mjs", "cjs", "ts", "tsx"]) => {
            lines().map(|(number, line)| (number, line.replace('`', "'"))).collect()
        }
        () if has(&["rs"]) => {
            let comments = lines().filter(|(_, line)| starts_with(line, &["//"]));
            comments.chain(strings(file)).collect()
        }
        () if has(&["c", "css", "html"]) => {
            lines().filter(|(_, line)| starts_with(line, &["//", "* ", "/*"])).collect()
        }
        () => lines().collect(),
    }
}

/// Returns the string literals of a Rust file, each with the number of its first line.
fn strings(file: &tree::File) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in file.code_lines() {
        let mut previous = ' ';
        let mut letters = line.chars().peekable();
        if !is_open && line.trim_start().starts_with("//") {
            continue;
        }
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if is_open => {
                    // A line break within the string, or an escaped character.
                    letters.next();
                }
                '"' if !is_open && previous == '\'' && letters.peek() == Some(&'\'') => {}
                '"' if is_open => is_open = false,
                '"' => {
                    is_open = true;
                    found.push((number, String::new()));
                }
                letter if is_open => found.last_mut().unwrap().1.push(letter),
                _ => {}
            }
            previous = letter;
        }
        if is_open {
            found.last_mut().unwrap().1.push(' ');
        }
    }
    found
}

/// Returns the words in lower case, each between two spaces, without names of code in backticks.
fn words_of(text: &str) -> String {
    let prose = text.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
    let words: Vec<_> = prose.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

/// Code that may contain Hebrew, and the reason.
const HEBREW: [(&str, &str); 7] = [
    ("crates/core/src/call/robot/announcement.rs", "what recordings and people say"),
    ("crates/core/src/inbox/opt_out.rs", "the words by which contacts opt out of messages"),
    ("crates/core/src/inbox/owner_command", "the words of the owner's commands"),
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
