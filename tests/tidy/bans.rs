//! Names that a module, or every module, must not use.

use super::{none, tree};
use std::collections::BTreeSet;

/// The conversion between domain types and columns, which only `store` uses.
const COLUMNS: &str = "crates/core/src/domain/columns.rs";

/// The crate that maintains the published copy.
const MIRROR: &str = "crates/sqlite-mirror/";

/// Names that the pure modules must not use: clocks, random numbers, waiting, locks, I/O, databases, HTTP clients.
const IO: [&str; 19] = [
    "async fn",
    ".await",
    "tokio::",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "crate::clock",
    "crate::entropy",
    "getrandom",
    "std::env",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "Mutex",
    "RwLock",
    "rusqlite",
    "reqwest",
    "static mut",
];

#[test]
fn the_core_does_no_io() {
    let mut findings = Vec::new();
    for file in tree::rust(&["crates/core/"]) {
        if file.path == COLUMNS {
            continue;
        }
        for (number, line) in file.product_lines() {
            for banned in IO.iter().filter(|banned| line.contains(**banned)) {
                findings.push(format!("{}:{number}: {banned}", file.path));
            }
        }
    }
    none(&findings, "the core takes what it needs as arguments");
}

#[test]
fn the_core_depends_on_nothing_that_does_io() {
    let text = std::fs::read_to_string(tree::root().join("crates/core/Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    let banned = ["tokio", "reqwest", "hyper", "axum", "getrandom", "rand", "rustix", "libc", "rusqlite"];
    // Dependencies of the feature `rusqlite`, which only the conversion to columns uses.
    let is_optional = |value: &toml::Value| value.get("optional").and_then(toml::Value::as_bool) == Some(true);
    let is_banned = |name: &String, value| banned.contains(&name.as_str()) && !is_optional(value);
    let findings: Vec<String> =
        dependencies.iter().filter(|(name, value)| is_banned(name, value)).map(|(name, _)| name.clone()).collect();
    none(&findings, "the compiler keeps I/O, clock and random numbers out of the core");
}

#[test]
fn the_mirror_knows_nothing_of_the_product() {
    let mut findings = Vec::new();
    let table = |line: &str| ["FROM ", "INTO ", "UPDATE "].iter().any(|word| line.contains(word));
    let known = ["sqlite_dbpage", "sqlite_schema"];
    for file in tree::rust(&[MIRROR]) {
        for (number, line) in file.product_lines() {
            let is_of_the_product = line.to_lowercase().contains("agentlocator") || line.contains("tracing::");
            // The check of a file system creates its own table.
            let names_a_table = table(line) && !known.iter().any(|name| line.contains(name));
            if is_of_the_product || names_a_table && !file.path.ends_with("/fs_support.rs") {
                findings.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    let text = std::fs::read_to_string(tree::root().join(MIRROR).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let known = ["libc", "rusqlite", "rustix", "serde", "thiserror", "tokio"];
    let dependencies = manifest["dependencies"].as_table().unwrap().keys();
    findings.extend(dependencies.filter(|name| !known.contains(&name.as_str())).cloned());
    none(&findings, "names, tables, log events and settings of the product are passed in by `store`");
}

#[test]
fn the_mirror_is_used_by_store_alone() {
    let mut findings = lines_outside(&["store"], |line| line.contains("sqlite_mirror::"));
    findings.retain(|finding| !finding.starts_with(MIRROR));
    none(&findings, "`store` passes on what others need of the mirror");
}

#[test]
fn the_environment_is_read_in_config_alone() {
    let is_read = |line: &str| ["env::var", "env::vars", "env::set_var"].iter().any(|read| line.contains(read));
    none(&lines_outside(&["config"], is_read), "settings are read in `config` alone");
}

/// Code that reads or writes the form of an address, in Rust and in TypeScript.
const ADDRESS_FORMS: [&str; 20] = [
    "starts_with('+')",
    "strip_prefix('+')",
    "trim_start_matches('+')",
    "format!(\"+{",
    "\"whatsapp:",
    "@lid",
    "@hosted",
    "@c.us",
    "@g.us",
    "@s.whatsapp.net",
    "@${",
    "split('@')",
    "split_once('@')",
    "includes('@')",
    "jidDecode",
    "jidEncode",
    "jidNormalizedUser",
    "isJid",
    "isPnUser",
    "isLidUser",
];

/// The files and folders that may contain [`ADDRESS_FORMS`], and the reason.
const ADDRESS_FILES: [(&str, &str); 9] = [
    ("crates/core/src/domain/", "`PhoneNumber` and `PeerAddress` are the daemon's one place"),
    ("bridge/src/address.ts", "it is the bridge's one place"),
    ("bridge/src/wire/request.ts", "the messages of its errors describe an address"),
    ("src/config/", "settings are written by people"),
    ("src/cli/", "arguments are written by people; the demo plays providers; a support bundle hides texts of any form"),
    ("crates/core/src/spoken/hebrew/addresses.rs", "mail addresses are spoken"),
    ("src/crm/contact_details.rs", "mail addresses"),
    ("src/maintenance/search_index.rs", "a calling code"),
    ("src/providers/google/account.rs", "the mail address of a service account"),
];

#[test]
fn addresses_are_types() {
    let (mut findings, mut needed) = (Vec::new(), BTreeSet::new());
    let mut files = tree::rust(&tree::DAEMON);
    files.extend(
        tree::files().into_iter().filter(|file| file.path.starts_with("bridge/src/") && file.has_extension("ts")),
    );
    for file in files {
        let is_comment = |line: &str| ["*", "/*"].iter().any(|start| line.trim_start().starts_with(start));
        let lines = file.product_lines().filter(|(_, line)| !is_comment(line));
        let is_form = |line: &str| ADDRESS_FORMS.iter().any(|form| line.contains(form));
        for (number, line) in lines.filter(|(_, line)| is_form(line)) {
            match ADDRESS_FILES.iter().find(|(place, _)| file.path.starts_with(place)) {
                Some((place, _)) => needed.extend([*place]),
                None => findings.push(format!("{}:{number}: {}", file.path, line.trim())),
            }
        }
    }
    let unneeded = ADDRESS_FILES.iter().filter(|(place, _)| !needed.contains(place));
    findings.extend(unneeded.map(|(place, _)| format!("{place} needs no exception")));
    none(&findings, "the domain's types and `bridge/src/address.ts` alone know the forms of addresses");
}

#[test]
fn sql_is_written_in_store_alone() {
    let is_sql = |line: &str| {
        line.contains("rusqlite")
            || ["SELECT ", "INSERT INTO ", "DELETE FROM ", "UPDATE OR ", "PRAGMA "]
                .iter()
                .any(|word| line.contains(word))
    };
    let mut findings = lines_outside(&["store"], is_sql);
    // The mirror uses no tables of the product: its SQL is about pages, pragmas and the write-ahead log.
    findings.retain(|finding| !finding.starts_with(MIRROR));
    none(&findings, "SQL is written in `store` alone");
}

#[test]
fn the_form_of_the_api_is_declared_in_http_alone() {
    let declares = |line: &str| line.contains("utoipa") || line.contains("ToSchema") || line.contains("#[schema(");
    none(&lines_outside(&["http"], declares), "what clients see is a view in `http/api`, built from the domain's type");
}

#[test]
fn only_the_command_line_prints() {
    let prints =
        |line: &str| ["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("].iter().any(|p| line.contains(p));
    none(&lines_outside(&["cli"], prints), "what happens is logged, and only a command prints");
}

#[test]
fn clock_and_random_numbers_each_have_one_module() {
    let clock = |line: &str| line.contains("SystemTime::now") || line.contains("Timestamp::now");
    none(&lines_outside(&["clock"], clock), "time is read in `clock` alone");
    none(&lines_outside(&["entropy"], |line| line.contains("getrandom")), "chance is drawn in `entropy` alone");
}

#[test]
fn no_work_is_left_for_later() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "XX".to_owned() + "X",
        "todo".to_owned() + "!(",
        "unimplemented".to_owned() + "!(",
    ];
    let mut findings = Vec::new();
    for file in tree::files().iter().filter(|file| !file.path.contains("fixtures/specs/")) {
        for (number, line) in file.text.lines().enumerate() {
            // `9725XXXXXXX` is a placeholder for a number that belongs to no contact.
            let stands_alone = |word: &str| {
                line.match_indices(word).any(|(at, _)| {
                    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
                    !letter(line[..at].chars().next_back()) && !letter(line[at + word.len()..].chars().next())
                })
            };
            if words.iter().any(|word| stands_alone(word)) {
                findings.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&findings, "what is not done is said in the documents, not marked in the code");
}

#[test]
fn no_path_of_one_machine_is_named() {
    let folders = ["work", "farm", "root", "home"].map(|folder| format!("/{folder}/"));
    let mut findings = Vec::new();
    for file in tree::files() {
        for (number, line) in file.text.lines().enumerate() {
            let named = folders.iter().flat_map(|folder| line.match_indices(folder.as_str())).any(|(at, folder)| {
                let before = line[..at].chars().next_back();
                let after = line[at + folder.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || "_.~-}".contains(c))
                    && after.is_some_and(char::is_alphanumeric)
            });
            if named {
                findings.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&findings, "the project runs from any folder");
}

#[test]
fn lock_files_name_no_host() {
    let mut findings = Vec::new();
    for file in tree::files() {
        if file.path.ends_with("package-lock.json") && file.text.contains("\"resolved\": \"http") {
            findings.push(format!("{}: `npm install` with this project's .npmrc leaves the hosts out", file.path));
        }
        if file.path.ends_with("Cargo.lock") {
            let foreign = |line: &&str| line.starts_with("source = ") && !line.contains(CRATES_IO);
            findings.extend(file.text.lines().filter(foreign).map(|line| format!("{}: {line}", file.path)));
        }
    }
    none(&findings, "packages come from wherever the builder's own settings say");
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Returns the product's lines outside some modules for which `is_bad` is true.
fn lines_outside(modules: &[&str], is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree::rust(&tree::PRODUCT) {
        if file.path == COLUMNS || file.module().is_some_and(|module| modules.contains(&module)) {
            continue;
        }
        let bad = file.product_lines().filter(|(_, line)| is_bad(line));
        findings.extend(bad.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())));
    }
    findings
}
