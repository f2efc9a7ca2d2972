//! API types of self-checks.

use crate::domain::{self, Language, Timestamp};
use crate::http::api::finding_text::FindingText;
use crate::http::api::one_of::OneOf;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

type CheckStatus = OneOf<domain::CheckStatus>;

/// The results of the self-checks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SelfChecksResponse {
    /// The last self-check; null before the first one.
    pub(super) last: Option<SelfCheck>,
    /// The last 31 self-checks, newest first.
    pub(super) history: Vec<SelfCheck>,
}

/// A self-check of the installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SelfCheck {
    /// When the self-check started.
    #[schema(value_type = String, format = DateTime)]
    began_at: Timestamp,
    /// When the self-check finished.
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// Whether no check found an error; warnings are allowed.
    ok: bool,
    /// The results of the checks.
    findings: Vec<CheckResult>,
}

impl SelfCheck {
    pub(super) fn new(check: &domain::SelfCheck, language: Language) -> Self {
        let findings = check.findings.iter().map(|result| CheckResult::new(result, language)).collect();
        Self { began_at: check.began_at, ended_at: check.ended_at, ok: check.ok, findings }
    }
}

/// The result of one check.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CheckResult {
    /// The name of the check, such as `database` or `published_copy`.
    check: String,
    /// The severity of the finding.
    state: CheckStatus,
    /// The stable code of the finding; null if the finding has no code, like those of earlier releases.
    code: Option<&'static str>,
    /// The values that the text contains, by name.
    #[schema(value_type = BTreeMap<String, Value>)]
    params: BTreeMap<&'static str, Value>,
    /// The text of the finding, in the language of the request; English by default.
    found: String,
    /// The action that fixes the problem, in the same language; empty if no action is needed.
    remedy: String,
}

impl CheckResult {
    fn new(result: &domain::CheckResult, language: Language) -> Self {
        let FindingText { code, params, text, remedy } = FindingText::new(result, language);
        let (check, state) = (result.check.clone(), result.state.into());
        Self { check, state, code, params, found: text, remedy: remedy.unwrap_or_default() }
    }
}
