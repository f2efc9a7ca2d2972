//! What must be so, and whether it is.

use super::super::print;
use crate::simulator::EventLog;
use serde_json::Value;
use std::time::Duration;

/// What must be so, and whether it is.
#[derive(Default)]
pub(super) struct Checks {
    held: usize,
    failed: Vec<String>,
}

/// Whether everything was as it must be.
pub(super) struct Verdict {
    pub(super) good: bool,
    pub(super) text: String,
}

impl Checks {
    /// Says whether `holds`, in words.
    pub(super) fn that(&mut self, holds: bool, what: &str) {
        if holds {
            self.held += 1;
            let _ = print(&format!("  ✓ {what}\n"));
        } else {
            self.fails(what);
        }
    }

    /// Says that two things are the same, and shows them if they are not.
    pub(super) fn same<T: PartialEq + std::fmt::Debug>(&mut self, found: &T, expected: &T, what: &str) {
        if found == expected {
            self.that(true, what);
        } else {
            self.fails(&format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }

    pub(super) fn fails(&mut self, what: &str) {
        let _ = print(&format!("  ✗ {what}\n"));
        self.failed.push(what.to_owned());
    }

    /// Nothing that the box sent broke a vendor's rules.
    pub(super) fn no_violations(&mut self, log: &EventLog) {
        let violations = log.violations();
        for violation in &violations {
            self.fails(&format!("against the other side's rules: {}", violation.text));
        }
        self.that(violations.is_empty(), "everything that was sent keeps to the vendors' published schemas and rules");
    }

    /// The daemon found nothing wrong itself.
    pub(super) fn no_errors_in(&mut self, lines: &[String]) {
        let errors: Vec<_> = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["level"] == "error")
            .collect();
        for error in &errors {
            self.fails(&format!("the daemon's log has an error: {error}"));
        }
        self.that(errors.is_empty(), "the daemon's log has no error");
    }

    pub(super) fn verdict(&self) -> Verdict {
        let text = if self.failed.is_empty() {
            format!("Everything is as it must be: {} checks.", self.held)
        } else {
            let (failed, all) = (self.failed.len(), self.held + self.failed.len());
            format!("{failed} of {all} checks failed:\n  ✗ {}", self.failed.join("\n  ✗ "))
        };
        Verdict { good: self.failed.is_empty(), text }
    }
}

/// Asks until the answer is there, for twenty seconds.
pub(super) async fn eventually<T, F: Future<Output = anyhow::Result<Option<T>>>>(
    mut ask: impl FnMut() -> F,
) -> anyhow::Result<Option<T>> {
    let deadline = crate::clock::instant() + Duration::from_secs(20);
    loop {
        if let Some(found) = ask().await? {
            return Ok(Some(found));
        }
        if crate::clock::instant() > deadline {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
