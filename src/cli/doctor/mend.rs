//! `--fix`: shows each change, asks for confirmation, applies it, and prints how to undo it.

use super::Arguments;
use crate::cli::tell;
use crate::doctor::{Finding, Fix, Site};
use std::io::{BufRead, IsTerminal};

/// Applies the confirmed fixes; returns whether anything may have changed.
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
                // A part of the fix may have been applied.
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
        tell("Not done: there is no terminal for a confirmation; use --yes to apply fixes without it");
        return Ok(false);
    }
    if fix.needs_a_word() {
        tell("This number seems to be in use elsewhere. To use it here, name it: --number NUMBER");
        return Ok(false);
    }
    tell("Apply this change? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "כ" | "כן"))
}
