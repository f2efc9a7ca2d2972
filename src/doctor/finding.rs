//! The result of a check: what was found, how severe it is, and how to fix it.

use super::Fix;
use crate::{domain, messages};
use serde::Serialize;

/// The severity of a finding.
pub use crate::domain::CheckStatus as State;

/// One result of a check. A check can return several.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The name of the check. Part of the JSON output, so it must not change.
    pub check: String,
    pub state: State,
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The fix that `doctor --fix` can apply, if there is one.
    #[serde(skip)]
    pub fix: Option<Fix>,
}

impl Finding {
    pub(super) fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: State::Ok, found: found.into(), remedy: None, fix: None }
    }

    pub(super) fn warning(check: &str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warning, remedy: Some(remedy.into()), ..Self::ok(check, found) }
    }

    pub(super) fn error(check: &str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Error, remedy: Some(remedy.into()), ..Self::ok(check, found) }
    }

    pub(super) fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self { state: State::Skipped, ..Self::ok(check, why) }
    }

    #[must_use]
    pub(super) fn with_fix(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }
}

impl From<domain::CheckResult> for Finding {
    fn from(finding: domain::CheckResult) -> Self {
        let (found, remedy) = messages::finding(domain::Language::English, &finding);
        Self { check: finding.check, state: finding.state, found, remedy, fix: None }
    }
}
