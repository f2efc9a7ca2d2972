//! API types of checks.

use crate::doctor::SettingsCheck;
use crate::domain;
use crate::domain::{CheckResult, Language};
use crate::http::api::finding_text::FindingText;
use crate::http::api::one_of::OneOf;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A check to run, with values that may differ from the active settings.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// The check to run.
    pub(super) check: CheckName,
    /// Values to use instead of the active settings, by key; null means the default. The check stores nothing.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Value>,
}

pub(crate) type CheckName = OneOf<SettingsCheck>;

pub(crate) type CheckStatus = OneOf<domain::CheckStatus>;

/// The result of the check of an account or an address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CheckResponse {
    /// Whether the check found no error.
    pub(super) ok: bool,
    /// The findings of the check.
    pub(super) findings: Vec<CheckFinding>,
}

/// One finding of a check.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CheckFinding {
    /// The severity of the finding.
    pub(super) status: CheckStatus,
    /// The stable code of the finding; null if the finding has no code.
    code: Option<&'static str>,
    /// The values that the text contains, by name.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub(super) params: BTreeMap<&'static str, Value>,
    /// The text of the finding, in the language of the request; English by default.
    text: String,
    /// The action that fixes the problem, in the same language; null if no action is needed.
    remedy: Option<String>,
}

impl CheckFinding {
    pub(super) fn new(result: &CheckResult, language: Language) -> Self {
        let FindingText { code, params, text, remedy } = FindingText::new(result, language);
        Self { status: result.state.into(), code, params, text, remedy }
    }
}
