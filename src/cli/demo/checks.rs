//! The demo's checks and their results.

use crate::cli::output::print;
use crate::simulator::EventLog;
use crate::simulator::specs::CHECKS_SCHEMAS;
use serde_json::Value;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Checks {
    passed_count: usize,
    failed: Vec<String>,
}

pub(super) struct CheckReport {
    pub(super) passed: bool,
    pub(super) text: String,
}

impl Checks {
    pub(super) fn that(&mut self, passed: bool, what: &str) {
        if passed {
            self.passed_count += 1;
            let _ = print(&format!("  ✓ {what}\n"));
        } else {
            self.fails(what);
        }
    }

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

    pub(super) fn no_violations(&mut self, log: &EventLog) {
        let violations = log.violations();
        for violation in &violations {
            self.fails(&format!("violation of a vendor's rules: {}", violation.text));
        }
        let complies = if CHECKS_SCHEMAS {
            "all requests comply with the vendors' published schemas and rules"
        } else {
            "all requests comply with the vendors' published rules"
        };
        self.that(violations.is_empty(), complies);
    }

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

    pub(super) fn report(&self) -> CheckReport {
        let text = if self.failed.is_empty() {
            format!("All {} checks passed.", self.passed_count)
        } else {
            let (failed, all) = (self.failed.len(), self.passed_count + self.failed.len());
            format!("{failed} of {all} checks failed:\n  ✗ {}", self.failed.join("\n  ✗ "))
        };
        CheckReport { passed: self.failed.is_empty(), text }
    }
}

/// Polls `ask` until it returns a value, for at most 20 s.
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
