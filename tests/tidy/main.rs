//! Project rules as tests, so that developers can rely on them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a rule that is broken is a failed test")]

mod bans;
mod circles;
mod documents;
mod error_codes;
mod language;
mod migrations;
mod module_dependencies;
mod shape;
mod sounds;
mod specs;
mod tree;
mod views;
mod workflows;
mod writes;

fn none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
