//! Describes settings for the web page.

use super::setting::Setting;
use super::{Config, Lock, Origin, Secret, settings_table};
use crate::domain::AllowedValues;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct SettingInfo {
    pub key: &'static str,
    /// The name of the value's kind in the API, which determines how the page edits the value.
    pub kind: &'static str,
    /// The value; null if it is not set, and always null for a secret.
    pub value: Value,
    /// The default value; null for a secret, or if there is no default.
    pub default: Value,
    /// The allowed values, if there is a fixed list of them.
    pub choices: Vec<&'static str>,
    /// The minimum and maximum of a number.
    pub bounds: Option<(f64, f64)>,
    pub unit: Option<&'static str>,
    pub allowed: AllowedValues,
    pub is_optional: bool,
    pub is_secret: bool,
    /// The secret, if the setting is one and has a value.
    pub secret: Option<Secret>,
    pub origin: Origin,
    /// The reason why the web page cannot change the setting; `None` if it can.
    pub lock: Option<Lock>,
    pub requires_restart: bool,
}

impl SettingInfo {
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }
}

impl Config {
    pub fn described(&self) -> Vec<SettingInfo> {
        let (values, defaults) = (serde_json::to_value(self), serde_json::to_value(Self::default()));
        let (values, defaults) = (values.unwrap_or_default(), defaults.unwrap_or_default());
        let value_of = |values: &Value, setting: &Setting<Config>| {
            if setting.secret { Value::Null } else { super::load::value_of(values, setting.key) }
        };
        let settings = settings_table::all().into_iter();
        let described = settings.map(|setting| SettingInfo {
            key: setting.key,
            kind: if setting.secret { "secret" } else { setting.kind.name(setting.unit()) },
            value: value_of(&values, &setting),
            default: value_of(&defaults, &setting),
            choices: setting.kind.choices(),
            bounds: setting.kind.bounds(),
            unit: setting.unit(),
            allowed: setting.allowed().clone(),
            is_optional: setting.is_optional,
            is_secret: setting.secret,
            secret: setting.secret_value(self),
            origin: self.origins.of(setting.key),
            lock: setting.lock(&self.origins),
            requires_restart: setting.needs_restart,
        });
        described.collect()
    }
}
