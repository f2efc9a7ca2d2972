//! The CI workflows run the same commands as a developer, with pinned versions.

use super::{none, tree};
use std::fs;

fn workflows() -> Vec<tree::File> {
    let files = tree::files();
    let found: Vec<_> = files.into_iter().filter(|file| file.path.starts_with(".github/workflows/")).collect();
    assert!(!found.is_empty());
    found
}

/// Returns the places of this key in all workflows, each with the text after the key.
fn values(key: &str) -> Vec<(String, String)> {
    let of_file = |file: tree::File| {
        let lines = file.text.lines().enumerate();
        let found = lines.filter_map(|(number, line)| {
            let value = line.trim_start().trim_start_matches("- ").strip_prefix(key)?.trim();
            Some((format!("{}:{}", file.path, number + 1), value.to_owned()))
        });
        found.collect::<Vec<_>>()
    };
    workflows().into_iter().flat_map(of_file).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(tree::root().join(name)).unwrap()
}

#[test]
fn actions_are_pinned_by_commit() {
    let is_pinned = |value: &str| {
        let (action, release) = value.split_once(" # v").unwrap_or((value, ""));
        let commit = action.split_once('@').map_or("", |(_, commit)| commit);
        let is_release = release.split('.').count() == 3 && release.split('.').all(|part| part.parse::<u32>().is_ok());
        commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_release
    };
    let uses = values("uses:");
    assert!(!uses.is_empty());
    let open = uses.into_iter().filter(|(_, value)| !value.starts_with("./") && !is_pinned(value));
    let findings: Vec<_> = open.map(|(place, value)| format!("{place}: {value}")).collect();
    none(
        &findings,
        "an action is pinned by its full commit, with its release in a comment: owner/name@commit # v1.2.3",
    );
}

#[test]
fn jobs_run_targets_of_the_makefile() {
    let makefile = read("Makefile");
    let is_target = |command: &str| {
        let target = command.strip_prefix("make ").map(|target| format!("\n{target}: "));
        command == "rustup toolchain install" || target.is_some_and(|target| makefile.contains(&target))
    };
    let runs = values("run:");
    assert!(!runs.is_empty());
    let other = runs.into_iter().filter(|(_, command)| !is_target(command));
    let findings: Vec<_> = other.map(|(place, command)| format!("{place}: {command}")).collect();
    none(&findings, "what a job runs can be run on any machine with make");
}

#[test]
fn workflows_install_the_tools_of_the_setup() {
    let setup = read("scripts/setup.sh");
    let tools = values("tool:");
    let all: Vec<_> = tools.iter().flat_map(|(_, tools)| tools.split(',')).collect();
    for tool in ["cargo-deny", "cargo-machete"] {
        let variable = format!("readonly {}=", tool.replace('-', "_").to_uppercase());
        let version = setup.lines().find_map(|line| line.strip_prefix(&variable)).unwrap();
        assert!(all.contains(&format!("{tool}@{version}").as_str()), "{tool} {version} is not in {all:?}");
    }
}

#[test]
fn the_toolchain_is_not_older_than_the_oldest_supported_rust() {
    let version = |text: &str| text.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
    let toolchain: toml::Table = read("rust-toolchain.toml").parse().unwrap();
    let manifest = read("Cargo.toml");
    let oldest = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let pinned = version(toolchain["toolchain"]["channel"].as_str().unwrap());
    assert!(pinned.len() == 3 && pinned >= version(oldest.trim_matches('"')), "{pinned:?}, {oldest}");
}
