//! The code of a finding for programs, and its texts in the client's language.

use crate::domain::{CheckResult, Language, TextParam};
use crate::messages;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) struct FindingText {
    pub(super) code: Option<&'static str>,
    pub(super) params: BTreeMap<&'static str, Value>,
    pub(super) text: String,
    pub(super) remedy: Option<String>,
}

impl FindingText {
    pub(super) fn new(result: &CheckResult, language: Language) -> Self {
        let (text, remedy) = messages::finding(language, result);
        let (code, params) = result.found.code().unzip();
        let value = |param| match param {
            TextParam::Number(number) => Value::from(number),
            text => Value::from(messages::param(language, text)),
        };
        let params = params.into_iter().flatten().map(|(name, param)| (name, value(param))).collect();
        Self { code, params, text, remedy }
    }
}
