//! The findings of checks.

use super::{FoundText, Remedy, RemedyText, Timestamp, text_enum};
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
    /// What was found.
    pub found: FoundText,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<RemedyText>,
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
    pub fn ok(check: &str, found: impl Into<FoundText>) -> Self {
        Self { check: check.to_owned(), state: CheckStatus::Ok, found: found.into(), remedy: None }
    }

    /// A check that was skipped.
    pub fn skipped(check: &str, why: impl Into<FoundText>) -> Self {
        Self { state: CheckStatus::Skipped, ..Self::ok(check, why) }
    }

    /// A finding of a problem while the service works.
    pub fn warning(check: &str, found: impl Into<FoundText>, remedy: Remedy) -> Self {
        let remedy = Some(RemedyText::Remedy(remedy));
        Self { state: CheckStatus::Warning, remedy, ..Self::ok(check, found) }
    }

    /// A finding of a problem that needs the owner.
    pub fn error(check: &str, found: impl Into<FoundText>, remedy: Remedy) -> Self {
        Self { state: CheckStatus::Error, ..Self::warning(check, found, remedy) }
    }

    /// A finding that only the command line shows, in English; an empty remedy is none.
    pub fn on_console(check: &str, state: CheckStatus, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(RemedyText::Text(remedy.into()));
        Self { check: check.to_owned(), state, found: FoundText::Text(found.into()), remedy }
    }
}
