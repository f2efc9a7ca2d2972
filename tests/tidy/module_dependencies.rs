//! The allowed dependencies between modules, which contain no cycle.

use super::circles::{expand, next_import};
use super::{none, tree};
use std::collections::BTreeSet;

/// The only modules that each module may use. `cli`, `main` and `lib` may use all modules.
const MAY_USE: [(&str, &[&str]); 32] = [
    ("domain", &[]),
    ("search", &[]),
    ("clock", &["domain"]),
    ("entropy", &["domain"]),
    ("secure_open", &[]),
    ("messages", &["domain"]),
    ("config", &["domain", "messages", "secure_open"]),
    ("audio", &[]),
    ("inbox", &["domain"]),
    ("booking", &["domain"]),
    ("completeness", &[]),
    // `spoken` for the language of the caller's words.
    ("call", &["domain", "audio", "completeness", "promise", "spoken"]),
    ("pipeline", &["domain", "audio", "call", "completeness", "promise"]),
    ("live", &["audio", "call"]),
    // The store writes times into rows and has timeouts, so it reads the clock.
    ("store", &["domain", "search", "config", "messages", "clock", "secure_open"]),
    // The wire format of audio is part of a vendor's protocol.
    ("providers", &["domain", "config", "audio", "clock", "entropy"]),
    ("telemetry", &["domain", "config", "clock"]),
    ("host", &["domain", "config", "store", "providers", "clock"]),
    ("alerting", &["domain", "messages", "store", "clock"]),
    ("backup", &["domain", "config", "messages", "store", "providers", "clock", "secure_open"]),
    ("tls", &["domain", "config", "messages", "providers", "host", "clock", "entropy"]),
    ("spoken", &["search"]),
    // `search` for the comparison of names and words, `spoken` for days and times of day in words.
    ("promise", &["domain", "search", "spoken"]),
    // `spoken` for the days that a caller names.
    ("crm", &["domain", "inbox", "booking", "search", "promise", "spoken", "store", "clock", "entropy"]),
    // `call` for the effect of a tool call on a phone call, `store` for the handle that a transaction of `crm` needs.
    ("agent", &["domain", "config", "call", "store", "crm", "clock"]),
    (
        "engine",
        &[
            "domain",
            "config",
            "audio",
            "call",
            "pipeline",
            "live",
            "spoken",
            "agent",
            "providers",
            "telemetry",
            "clock",
            "entropy",
        ],
    ),
    (
        "runtime",
        &[
            "domain",
            "config",
            "messages",
            "audio",
            "inbox",
            "booking",
            "promise",
            "call",
            "pipeline",
            "store",
            "host",
            "telemetry",
            "alerting",
            "providers",
            "crm",
            "agent",
            "engine",
            "clock",
            "entropy",
            "secure_open",
        ],
    ),
    (
        "maintenance",
        &[
            "domain",
            "config",
            "messages",
            "store",
            "crm",
            "providers",
            "host",
            "telemetry",
            "alerting",
            "backup",
            "tls",
            "runtime",
            "clock",
        ],
    ),
    ("control", &["domain", "config", "store", "crm", "providers", "host", "runtime", "maintenance", "clock"]),
    // The users of `doctor` are the command line and the page, which runs single checks.
    (
        "doctor",
        &[
            "domain",
            "config",
            "messages",
            "store",
            "host",
            "providers",
            "runtime",
            "control",
            "clock",
            "entropy",
            "secure_open",
        ],
    ),
    // `call` for the action after a stream, which becomes TwiML here. `audio` because a recording is decoded while it
    // is sent. `doctor` for the checks that the page requests. `inbox` for the 24-hour window of free text, which lists
    // show. `spoken` for the texts that Twilio's voices speak.
    (
        "http",
        &[
            "domain",
            "config",
            "messages",
            "audio",
            "booking",
            "inbox",
            "search",
            "spoken",
            "call",
            "store",
            "host",
            "telemetry",
            "alerting",
            "backup",
            "tls",
            "providers",
            "crm",
            "runtime",
            "maintenance",
            "doctor",
            "clock",
            "entropy",
        ],
    ),
    (
        "app",
        &[
            "domain",
            "config",
            "messages",
            "store",
            "host",
            "telemetry",
            "alerting",
            "backup",
            "tls",
            "providers",
            "crm",
            "engine",
            "runtime",
            "maintenance",
            "control",
            "http",
            "clock",
            "entropy",
        ],
    ),
];

const FREE: [&str; 3] = ["cli", "main", "lib"];

#[test]
fn module_dependencies_go_one_way() {
    let (mut findings, mut used) = (Vec::new(), BTreeSet::new());
    for file in tree::rust(&tree::DAEMON) {
        let Some(module) = file.module().filter(|module| !FREE.contains(module)) else { continue };
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            findings.push(format!("{}: the module `{module}` is not in the table", file.path));
            continue;
        };
        let text: String = file.product_lines().flat_map(|(_, line)| [line, "\n"]).collect();
        let named =
            file.product_lines().flat_map(|(number, line)| named_modules(line).map(move |other| (number, other)));
        let grouped = grouped_modules(&text);
        for (number, other) in named.chain(grouped.iter().map(|other| (1, other.as_str()))) {
            match allowed.iter().find(|allowed| **allowed == other) {
                Some(other) => _ = used.insert((module.to_owned(), *other)),
                None if other == module => {}
                None => findings.push(format!("{}:{number}: `{module}` may not use `{other}`", file.path)),
            }
        }
    }
    for (module, allowed) in MAY_USE {
        let needless = allowed.iter().filter(|other| !used.contains(&(module.to_owned(), **other)));
        findings.extend(needless.map(|other| format!("`{module}` does not use `{other}`, which the table allows")));
    }
    none(&findings, "dependencies go one way, see ARCHITECTURE.md");
}

#[test]
fn the_table_has_no_circle() {
    let targets = |module: &str| MAY_USE.iter().find(|(name, _)| *name == module).map_or(&[][..], |(_, to)| *to);
    for (module, _) in MAY_USE {
        let mut reached: Vec<&str> = targets(module).to_vec();
        let mut at = 0;
        while let Some(next) = reached.get(at).copied() {
            reached.extend(targets(next).iter().filter(|to| !reached.contains(*to)).copied().collect::<Vec<_>>());
            at += 1;
        }
        assert!(!reached.contains(&module), "{module} can reach itself");
    }
}

#[test]
fn the_map_names_the_allowed_dependencies() {
    let mut findings = Vec::new();
    let map = super::documents::document("ARCHITECTURE.md");
    let mut missing: BTreeSet<_> = MAY_USE.iter().map(|(module, _)| *module).collect();
    for line in map.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let &[paths, _, uses] = &cells[..] else { continue };
        let modules: Vec<_> = MAY_USE.iter().filter(|(module, _)| is_in_cell(module, paths)).collect();
        for (module, _) in &modules {
            missing.remove(module);
        }
        // The rows of the composition root and the command line say what they do not use.
        if modules.is_empty() || uses.starts_with("everything") {
            continue;
        }
        let named = names_in_cell(uses);
        let allowed: BTreeSet<_> = modules
            .iter()
            .flat_map(|(_, to)| *to)
            .filter(|to| !UTILITIES.contains(to))
            .map(|to| (*to).to_owned())
            .collect();
        findings.extend(named.difference(&allowed).map(|name| format!("{paths}: {name} is not allowed by MAY_USE")));
        findings
            .extend(allowed.difference(&named).map(|name| format!("{paths}: {name} is missing in ARCHITECTURE.md")));
    }
    findings.extend(missing.into_iter().map(|module| format!("{module} has no row")));
    none(&findings, "the column `may use` of ARCHITECTURE.md equals MAY_USE");
}

#[test]
fn the_picture_shows_the_modules_in_the_order_of_their_dependencies() {
    let map = super::documents::document("ARCHITECTURE.md");
    let picture = map.split("```").find(|block| block.starts_with("\n app ")).expect("the picture of the modules");
    let words = picture.lines().flat_map(|line| line.split('(').next().unwrap_or_default().split_whitespace());
    let order: Vec<&str> = words.collect();
    let place = |module: &str| order.iter().position(|word| *word == module);
    let shown = |module: &&str| !UTILITIES.contains(module);
    let mut findings = Vec::new();
    for (module, to) in MAY_USE.iter().filter(|(module, _)| shown(module)) {
        let Some(own) = place(module) else {
            findings.push(format!("{module} is missing"));
            continue;
        };
        let before = to.iter().filter(|to| shown(to) && place(to).is_none_or(|place| place < own));
        findings.extend(before.map(|to| format!("{module} uses {to}, which does not stand after it")));
    }
    let is_module = |word: &&&str| **word == "app" || MAY_USE.iter().any(|(module, _)| module == *word);
    findings.extend(order.iter().filter(|word| !is_module(word)).map(|word| format!("{word} is not a module")));
    none(&findings, "the picture of the modules in ARCHITECTURE.md");
}

/// Modules that ARCHITECTURE.md names outside its table, because most modules use them.
const UTILITIES: [&str; 3] = ["clock", "entropy", "secure_open"];

/// Returns true if the first cell of a row names this module of the daemon.
fn is_in_cell(module: &str, paths: &str) -> bool {
    let name = |path: &str| {
        let path = path.strip_prefix("src/").or_else(|| path.strip_prefix("crates/core/src/"))?;
        Some(path.trim_end_matches('/').trim_end_matches(".rs").to_owned())
    };
    paths.split('`').skip(1).step_by(2).filter_map(name).any(|name| name == module)
}

/// Returns the modules that a cell names, without the remarks in parentheses and without this repository's crates.
fn names_in_cell(uses: &str) -> BTreeSet<String> {
    let parts = uses.split('(').enumerate();
    let text: String = parts
        .map(|(at, part)| if at == 0 { part } else { part.split_once(')').map_or("", |(_, after)| after) })
        .collect();
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.filter(|name| !["", "–", "sqlite-mirror"].contains(&name.as_str())).collect()
}

/// Returns the modules that a line names, such as `store` in `use crate::store::Store`.
fn named_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
        (end > 0).then_some(&rest[..end])
    })
}

/// Returns the modules that the grouped imports of a file name, such as `clock` and `store` in
/// `use crate::{clock, store::Store};`.
fn grouped_modules(text: &str) -> Vec<String> {
    let mut modules = Vec::new();
    let mut rest = text;
    while let Some((_, _, after)) = next_import(rest) {
        let end = after.find(';').unwrap_or(after.len());
        if after.starts_with("crate::{") {
            expand(&[], &after[..end], &mut |path, _| modules.extend(path.into_iter().nth(1)));
        }
        rest = &after[end..];
    }
    modules
}

#[test]
fn modules_of_grouped_imports_are_found() {
    let text = "use crate::{\n    clock,\n    store::{self, Store},\n};\nuse crate::crm::{contact, thread};\n";
    assert_eq!(grouped_modules(text), ["clock", "store", "store"]);
}
