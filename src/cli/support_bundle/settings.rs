//! Returns the settings without secrets and without texts that the owner wrote.

use super::redact::Redactor;
use crate::config::known_settings;
use crate::doctor::DoctorContext;
use crate::domain::AllowedValues;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn shown(context: &DoctorContext, redactor: &Redactor) -> Value {
    let Some(config) = context.config() else { return json!({"problem": "the settings are invalid, see doctor.json"}) };
    // Omit free texts, because they may contain personal data.
    let texts: BTreeSet<_> = known_settings().into_iter().filter(|it| is_text(&it.allowed)).map(|it| it.key).collect();
    let value = |key: &str, value: &Value| match value {
        Value::String(text) if texts.contains(key) && text != "•••" => {
            Value::String(format!("({} characters)", text.chars().count()))
        }
        value => redactor.json(value),
    };
    config
        .shown()
        .iter()
        .map(|setting| {
            json!({"key": setting.key, "value": value(setting.key, &setting.value), "origin": setting.origin.to_string()})
        })
        .collect()
}

fn is_text(allowed: &AllowedValues) -> bool {
    matches!(
        allowed,
        AllowedValues::FreeText { .. } | AllowedValues::OneLine { .. } | AllowedValues::Pronunciations { .. }
    )
}
