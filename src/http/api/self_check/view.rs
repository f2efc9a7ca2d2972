//! What the API shows of self-checks.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::views;
use serde::Serialize;

type CheckStatus = OneOf<domain::CheckStatus>;

/// The results of the self-checks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SelfChecksResponse {
    /// The last one; null before the first.
    pub(super) last: Option<SelfCheck>,
    /// The results of the last month, newest first.
    pub(super) history: Vec<SelfCheck>,
}

/// A self-check of the installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SelfCheck {
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    began_at: Timestamp,
    /// When it finished.
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// Whether nothing needs attention.
    ok: bool,
    /// The findings.
    findings: Vec<CheckResult>,
}

impl From<domain::SelfCheck> for SelfCheck {
    fn from(check: domain::SelfCheck) -> Self {
        Self { began_at: check.began_at, ended_at: check.ended_at, ok: check.ok, findings: views(check.findings) }
    }
}

/// The result of one check.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CheckResult {
    /// The check: `database`, `published_copy`, …
    check: String,
    /// The severity.
    state: CheckStatus,
    /// What was found, for people.
    found: String,
    /// What to do about it; empty if nothing.
    remedy: String,
}

impl From<domain::CheckResult> for CheckResult {
    fn from(result: domain::CheckResult) -> Self {
        Self { check: result.check, state: result.state.into(), found: result.found, remedy: result.remedy }
    }
}
