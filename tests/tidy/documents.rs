//! The documents match the code.

use super::{none, tree};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_module_is_in_the_map() {
    let map = document("ARCHITECTURE.md");
    let modules: BTreeSet<_> =
        tree::rust(&tree::DAEMON).iter().filter_map(|file| file.module().map(str::to_owned)).collect();
    let missing: Vec<_> = modules
        .into_iter()
        .filter(|module| module != "lib" && !map.contains(&format!("src/{module}")))
        .map(|module| format!("src/{module}"))
        .collect();
    none(&missing, "every module is described in ARCHITECTURE.md");
}

#[test]
fn every_dependency_has_its_reason() {
    let map = document("ARCHITECTURE.md");
    let mut names = BTreeSet::new();
    for file in tree::files().iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let manifest: toml::Table = file.text.parse().unwrap();
        let sections = ["dependencies", "dev-dependencies"].into_iter();
        let sections = sections.filter_map(|section| manifest.get(section)?.as_table());
        names.extend(sections.flat_map(|section| section.keys().cloned()));
    }
    let missing: Vec<_> = names.into_iter().filter(|name| !map.contains(&format!("`{name}`"))).collect();
    none(&missing, "ARCHITECTURE.md says of each dependency what it is for");
}

/// A path may omit its first folders: `call/session.rs` is in `crates/core/src/`.
#[test]
fn every_path_in_the_map_exists() {
    let map = document("ARCHITECTURE.md");
    let paths: Vec<String> = tree::files().into_iter().map(|file| format!("/{}", file.path)).collect();
    let is_path = |name: &&str| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        name.contains('/')
            && name.chars().all(plain)
            && ["rs", "ts", "tsx", "mjs", "sql", "sh", "md"].contains(&extension)
    };
    let missing: Vec<_> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(is_path)
        .filter(|name| !paths.iter().any(|path| path.ends_with(&format!("/{name}"))))
        .map(str::to_owned)
        .collect();
    none(&missing, "the paths in ARCHITECTURE.md exist");
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut findings = Vec::new();
    for file in tree::files().iter().filter(|file| file.has_extension("md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in links(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            if !target.contains("://") && !path.is_empty() && !tree::root().join(folder).join(path).exists() {
                findings.push(format!("{}: {target}", file.path));
            }
        }
    }
    none(&findings, "links lead somewhere");
}

/// The package contains the folder `docs` without the other sources, and `packaging` as `examples`.
#[test]
fn links_of_the_guides_stay_in_the_package() {
    let mut findings = Vec::new();
    for file in tree::files().iter().filter(|file| file.path.starts_with("docs/") && file.has_extension("md")) {
        let depth = file.path.matches('/').count();
        for target in links(&file.text) {
            let leaves = target.matches("../").count() >= depth && !target.starts_with("../../packaging/");
            if leaves && !target.contains("://") {
                findings.push(format!("{}: {target}", file.path));
            }
        }
    }
    none(&findings, "the guides link to files of the package");
}

#[test]
fn the_readme_names_only_variables_that_there_are() {
    let known = document("config.toml.example") + &document("bridge/README.md");
    let unknown: Vec<_> = variables(&document("README.md"))
        .into_iter()
        .filter(|word| !known.contains(word.trim_end_matches("_FILE")))
        .collect();
    none(&unknown, "the README speaks of settings that do not exist");
}

/// systemd's variables, and a constant of the bridge that is not a variable.
const OTHERS: [&str; 5] = ["STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "WATCHDOG_USEC", "WATCHDOG_PID", "LOG_LEVELS"];

#[test]
fn the_bridges_settings_are_all_in_its_readme() {
    let (read, documented) = (document("bridge/src/settings.ts"), document("bridge/README.md"));
    let (read, documented) = (variables(&read), variables(&documented));
    let ours = |word: &&String| !OTHERS.contains(&word.as_str());
    let ours = |word: &&String| ours(word) && !word.ends_with("_FILE") && !word.ends_with("_ON");
    let differences: Vec<_> = read.symmetric_difference(&documented).filter(ours).cloned().collect();
    none(&differences, "bridge/README.md lists the variables that bridge/src/settings.ts reads");
}

/// Returns the words of a text that look like environment variables.
fn variables(text: &str) -> BTreeSet<String> {
    let is_variable = |word: &&str| {
        word.trim_matches('_').contains('_')
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    };
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(is_variable).map(str::to_owned).collect()
}

#[test]
fn documents_do_not_speak_of_how_they_were_made() {
    let mut findings = Vec::new();
    for file in tree::files().iter().filter(|file| !file.path.starts_with("tests/fixtures/")) {
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let numbered = lower.match_indices("issue ").any(|(at, word)| {
                let rest = lower[at + word.len()..].trim_start_matches('#');
                rest.starts_with(|c: char| c.is_ascii_digit())
            });
            if numbered || lower.contains(&["..", "shared"].join("/")) {
                findings.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&findings, "the project speaks of itself alone");
}

pub(super) fn document(name: &str) -> String {
    fs::read_to_string(tree::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn each_claim_of_security_names_tests_that_there_are() {
    let files = tree::files();
    let is_code = |file: &&tree::File| ["rs", "sh", "ts"].iter().any(|extension| file.has_extension(extension));
    let code: Vec<_> = files.iter().filter(is_code).collect();
    let text = document("SECURITY.md");
    let claims: Vec<_> = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| claim ")).collect();
    assert!(claims.len() > 20);
    let mut findings = Vec::new();
    for claim in claims {
        let tests = claim.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
        for name in tests.split(", ").map(|name| name.trim_matches('`')) {
            let (function, step) = (format!("fn {name}("), format!("\n{name}() {{"));
            let has =
                |file: &tree::File| file.path == name || file.text.contains(&function) || file.text.contains(&step);
            if !code.iter().any(|file| has(file)) {
                findings.push(format!("{name}, of: {claim}"));
            }
        }
    }
    none(&findings, "each claim of SECURITY.md names its tests");
}
