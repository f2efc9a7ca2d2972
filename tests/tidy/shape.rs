//! The form of files: length, names, line endings.

use super::{none, tree};

/// The maximum number of code lines in a file, without blank lines and comments.
const MAX_LINES: usize = 400;

/// Longer files, each with the reason why it is not split.
const EXCEPTIONS: [(&str, &str); 0] = [];

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for file in tree::rust(&["src/", "crates/", "tests/", "benches/"]) {
        let lines = file.code_lines().count();
        if lines > MAX_LINES && !EXCEPTIONS.iter().any(|(path, _)| *path == file.path) {
            findings.push(format!("{}: {lines} lines of code", file.path));
        }
    }
    none(&findings, "a file has at most 400 lines of code; split it by noun, verb or concern");
}

#[test]
fn modules_are_named_after_what_they_are() {
    let names = ["mod", "utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "handler_impl"];
    let mut findings = Vec::new();
    for file in tree::rust(&["src/", "crates/", "tests/"]) {
        let parts = file.path.trim_end_matches(".rs").split('/');
        if parts.clone().any(|part| names.contains(&part)) {
            findings.push(file.path);
        }
    }
    none(&findings, "a name says what is inside");
}

#[test]
fn text_files_end_with_a_line_break_and_lines_without_blanks() {
    let mut findings = Vec::new();
    for file in tree::files() {
        // Fixtures stay unchanged: some are files of other projects, or malformed on purpose.
        if file.path.starts_with("tests/fixtures/") {
            continue;
        }
        if !file.text.is_empty() && !file.text.ends_with('\n') {
            findings.push(format!("{}: no line break at the end", file.path));
        }
        if file.text.contains('\r') {
            findings.push(format!("{}: carriage returns", file.path));
        }
        let blank = |line: &str| line.ends_with([' ', '\t']) && !file.has_extension("snap");
        if let Some(number) = file.text.lines().position(blank) {
            findings.push(format!("{}:{}: blanks at the end of the line", file.path, number + 1));
        }
    }
    none(&findings, "text files are plain");
}

#[test]
fn every_lint_that_is_switched_off_has_a_reason() {
    let mut findings = Vec::new();
    for file in tree::rust(&["src/", "crates/", "tests/"]) {
        for (number, line) in file.text.lines().enumerate() {
            let line = line.trim();
            let is_product = !file.path.starts_with("tests/");
            if line.starts_with("#[allow(") || is_product && line.starts_with("#![allow(") {
                let reasoned = line.contains("reason") && !is_product;
                if !reasoned {
                    findings.push(format!("{}:{}: {line}", file.path, number + 1));
                }
            }
        }
    }
    none(&findings, "use #[expect(…, reason = …)]: it complains when it is no longer needed");
}
