//! `--fix`: shows each change, asks, makes it, and says how to take it back.

use super::Arguments;
use crate::cli::tell;
use crate::doctor::{Finding, Fix, Site};
use std::io::{BufRead, IsTerminal};

/// Puts right what can be; gives whether anything may have changed.
pub(super) async fn mend(findings: &[Finding], site: &Site, arguments: &Arguments) -> anyhow::Result<bool> {
    let mut changed = false;
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        for line in fix.changes() {
            tell(&line);
        }
        if !is_wanted(fix, arguments)? {
            continue;
        }
        match fix.apply(site).await {
            Ok(()) => {
                changed = true;
                tell(&format!("Done{}", fix.undo().map(|undo| format!("; {undo}")).unwrap_or_default()));
            }
            Err(error) => {
                // A part of it may be done.
                changed = true;
                tell(&format!("Not done: {error}"));
            }
        }
    }
    if !changed {
        tell("Nothing was changed.");
    }
    Ok(changed)
}

fn is_wanted(fix: &Fix, arguments: &Arguments) -> anyhow::Result<bool> {
    if arguments.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        tell("Not done: there is no terminal to ask at; --yes does without");
        return Ok(false);
    }
    if fix.needs_a_word() {
        tell("Somebody seems to use this number elsewhere. To take it over, name it: --number NUMBER");
        return Ok(false);
    }
    tell("Change it? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "כ" | "כן"))
}
