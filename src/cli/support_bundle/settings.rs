//! The settings, without secrets and without what the owner has written in their own words.

use super::blot::Blot;
use crate::config::known_settings;
use crate::doctor::Site;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn shown(site: &Site, blot: &Blot) -> Value {
    let Some(config) = site.config() else { return json!({"problem": "the settings are wrong, see doctor.json"}) };
    // Everything that is a text by its own rule may be about anybody.
    let texts: BTreeSet<_> =
        known_settings().into_iter().filter(|it| it.allowed.starts_with("a text")).map(|it| it.key).collect();
    let value = |key: &str, value: &Value| match value {
        Value::String(text) if texts.contains(key) && text != "•••" => {
            Value::String(format!("({} characters)", text.chars().count()))
        }
        value => blot.json(value),
    };
    config
        .shown()
        .iter()
        .map(|setting| {
            json!({"key": setting.key, "value": value(setting.key, &setting.value), "origin": setting.origin.to_string()})
        })
        .collect()
}
