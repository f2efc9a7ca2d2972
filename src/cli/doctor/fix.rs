//! `--fix`: shows each change, asks for confirmation, applies it, and prints how to undo it.

use crate::cli::output::print_status;
use crate::doctor::{DoctorContext, Finding};
use std::io::{BufRead, IsTerminal};

/// Returns true if anything may have changed. A fix for a phone number that the user must name first is never applied.
pub(super) async fn apply_fixes(
    findings: &[Finding],
    context: &DoctorContext,
    without_asking: bool,
) -> anyhow::Result<bool> {
    let mut changed = false;
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        for line in fix.changes() {
            print_status(&line);
        }
        if fix.must_be_named() {
            print_status(
                "Not done: this number seems to be in use elsewhere. To use it here, name it: --number NUMBER",
            );
            continue;
        }
        if !without_asking && !is_confirmed()? {
            continue;
        }
        match fix.apply(context).await {
            Ok(()) => {
                changed = true;
                print_status(&format!("Done{}", fix.undo().map(|undo| format!("; {undo}")).unwrap_or_default()));
            }
            Err(error) => {
                // A failed fix may have been applied in part.
                changed = true;
                print_status(&format!("Not done: {error}"));
            }
        }
    }
    if !changed {
        print_status("Nothing was changed.");
    }
    Ok(changed)
}

fn is_confirmed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        print_status("Not done: there is no terminal for a confirmation; use --yes to apply fixes without it");
        return Ok(false);
    }
    print_status("Apply this change? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "כ" | "כן"))
}
