//! The findings of checks.

use super::{Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// The severity of a finding.
    CheckStatus {
        /// No problem.
        Ok = "ok",
        /// A problem, but the service works.
        Warning = "warning",
        /// A problem that needs the owner.
        Error = "error",
        /// Not checked, for the reason that is given.
        Skipped = "skipped",
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check: `database`, `published_copy`, …
    pub check: String,
    /// The severity.
    pub state: CheckStatus,
    /// What was found, for people.
    pub found: String,
    /// What to do about it; empty if nothing.
    pub remedy: String,
}

/// A self-check of the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// When it started.
    pub began_at: Timestamp,
    /// When it finished.
    pub ended_at: Timestamp,
    /// Whether nothing needs attention.
    pub ok: bool,
    /// The findings.
    pub findings: Vec<CheckResult>,
}

impl CheckResult {
    /// A finding without a problem.
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: CheckStatus::Ok, found: found.into(), remedy: String::new() }
    }

    /// A check that was skipped.
    pub fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self { state: CheckStatus::Skipped, ..Self::ok(check, why) }
    }

    /// A finding of a problem while the service works.
    pub fn warning(check: &str, found: impl Into<String>, remedy: &str) -> Self {
        Self { state: CheckStatus::Warning, remedy: remedy.to_owned(), ..Self::ok(check, found) }
    }

    /// A finding of a problem that needs the owner.
    pub fn error(check: &str, found: impl Into<String>, remedy: &str) -> Self {
        Self { state: CheckStatus::Error, ..Self::warning(check, found, remedy) }
    }
}
