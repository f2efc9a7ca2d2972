//! The result of a check of the installation: its severity, its finding and the remedy; and the self-check, which
//! collects the results of all checks.

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
        /// The check was skipped; the finding gives the reason.
        Skipped = "skipped",
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The name of the check: `database`, `published_copy`, …
    pub check: String,
    /// Whether there is a problem, and how severe it is.
    pub state: CheckStatus,
    /// What the check has found.
    pub found: FoundText,
    /// The recommended action; none or an empty text if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<RemedyText>,
}

/// A self-check of the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// When the first check started.
    pub began_at: Timestamp,
    /// When the last check finished.
    pub ended_at: Timestamp,
    /// Whether no check found an error; warnings are allowed.
    pub ok: bool,
    /// The results of all checks.
    pub findings: Vec<CheckResult>,
}

impl CheckResult {
    /// Creates a finding without a problem.
    pub fn ok(check: &str, found: impl Into<FoundText>) -> Self {
        Self { check: check.to_owned(), state: CheckStatus::Ok, found: found.into(), remedy: None }
    }

    /// Creates the result of a skipped check; `why` is the reason.
    pub fn skipped(check: &str, why: impl Into<FoundText>) -> Self {
        Self { state: CheckStatus::Skipped, ..Self::ok(check, why) }
    }

    /// Creates a finding of a problem that does not stop the service.
    pub fn warning(check: &str, found: impl Into<FoundText>, remedy: Remedy) -> Self {
        let remedy = Some(RemedyText::Remedy(remedy));
        Self { state: CheckStatus::Warning, remedy, ..Self::ok(check, found) }
    }

    /// Creates a finding of a problem that the owner must solve.
    pub fn error(check: &str, found: impl Into<FoundText>, remedy: Remedy) -> Self {
        Self { state: CheckStatus::Error, ..Self::warning(check, found, remedy) }
    }

    /// Creates a finding with English texts, which only the command line shows. An empty `remedy` means that there is
    /// none.
    pub fn on_console(check: &str, state: CheckStatus, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(RemedyText::Text(remedy.into()));
        Self { check: check.to_owned(), state, found: FoundText::Text(found.into()), remedy }
    }
}
