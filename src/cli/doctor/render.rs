//! Formats findings as text.

use crate::config::process_env;
use crate::doctor::{Finding, State};
use std::fmt::Write;
use std::io::IsTerminal;

pub(super) fn text(findings: &[Finding], colourful: bool) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let (symbol, name, colour) = label(finding.state);
        let (begin, end) = if colourful { (colour, "\x1b[0m") } else { ("", "") };
        let check = &finding.check;
        let _ = writeln!(text, "{begin}{symbol} {name:7}{end}  {check:width$}  {}", finding.found);
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(text, "{:indent$}→ {remedy}", "", indent = width + 13);
        }
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (errors, warnings) = (count(State::Error), count(State::Warning));
    let summary = match (errors, warnings) {
        (0, 0) => "No problems found.".to_owned(),
        (0, warnings) => format!("No errors. Warnings: {warnings}."),
        (errors, warnings) => format!("Errors: {errors}. Warnings: {warnings}."),
    };
    let _ = writeln!(text, "\n{summary}");
    if findings.iter().any(|finding| finding.remedy.as_deref().is_some_and(|remedy| remedy.contains("systemctl"))) {
        let _ = writeln!(text, "Put `sudo` before each systemctl, unless you are root.");
    }
    text
}

/// The name is for screen readers and for terminals without colours.
fn label(state: State) -> (char, &'static str, &'static str) {
    match state {
        State::Ok => ('✓', "ok", "\x1b[32m"),
        State::Warning => ('!', "warning", "\x1b[33m"),
        State::Error => ('✗', "error", "\x1b[31m"),
        State::Skipped => ('-', "skipped", "\x1b[2m"),
    }
}

/// Returns true if stdout is a terminal that shows colours, and `NO_COLOR` is unset or empty (<https://no-color.org>).
pub(super) fn is_colourful() -> bool {
    std::io::stdout().is_terminal()
        && process_env("NO_COLOR").is_none_or(|value| value.is_empty())
        && process_env("TERM").is_none_or(|term| term != "dumb")
}
