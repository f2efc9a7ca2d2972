//! What the API shows of settings.

use crate::config::{Lock, SettingInfo};
use crate::domain::{Language, Timestamp};
use crate::http::pagination::Page;
use crate::messages;
use crate::runtime::reload::Reloaded;
use crate::store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type SettingItemPage = Page<SettingItem>;
pub(crate) type SettingChangeItemPage = Page<SettingChangeItem>;

/// One setting.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct SettingItem {
    /// The key, as in the settings file: `section.name`.
    pub(super) key: &'static str,
    /// The section of the settings file.
    section: &'static str,
    /// How to edit it: `text`, `long_text`, `bool`, `integer`, `decimal`, `duration`, `choice`, `list`, `secret`, `url`, `phone`,
    /// `size`, `path` or `listener`.
    kind: &'static str,
    /// The value; null if it is not set, and always null for a secret.
    value: Value,
    /// The value without any setting.
    default: Value,
    /// The allowed words; empty if there is no fixed set of them.
    choices: Vec<&'static str>,
    /// The least allowed number.
    minimum: Option<f64>,
    /// The greatest allowed number.
    maximum: Option<f64>,
    /// The unit of the number: `ms`, `s`, `h`, `d`, `min`, `bytes`, `tokens` or `usd`.
    unit: Option<&'static str>,
    /// Whether it may be left out; then an empty text means that it is not set.
    optional: bool,
    /// What is allowed, in English.
    allowed: String,
    /// Where the value comes from: `default`, `page`, `file`, `credential`, `environment`, or `last_good` while the configured
    /// settings are invalid.
    source: &'static str,
    /// The file that sets it.
    file: Option<String>,
    /// The line of the file.
    line: Option<usize>,
    /// The environment variable that sets it.
    variable: Option<String>,
    /// Whether the page may change it.
    editable: bool,
    /// Why not: `file`, `credential`, `environment` or `last_good` sets it; `start`: it is needed before the database is open;
    /// `machine`: it names files or accounts of the machine.
    locked_reason: Option<&'static str>,
    /// Whether a change takes effect only after a restart.
    requires_restart: bool,
    /// Whether `value` takes effect only after the next restart.
    restart_pending: bool,
    /// For a secret, whether it is set.
    secret_set: bool,
    /// Its name, in the language of the request.
    title: String,
    /// What it does, in the language of the request.
    help: String,
    /// When the page changed it last; null if it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// The actor of that change: `user:3`, `token:2`.
    actor: Option<String>,
    /// The name of the user or the token of that change; null for other actors.
    actor_name: Option<String>,
    /// The number of its newest change, 0 if the page never changed it; for `expected` in a change.
    version: i64,
}

impl SettingItem {
    /// Shows the saved value; `active` is the one in use. `page_secrets` are the keys in the file of the page's secrets.
    pub(super) fn new(
        active: &SettingInfo,
        saved: SettingInfo,
        page_secrets: &BTreeSet<String>,
        changes: &[store::SettingChange],
        language: Language,
    ) -> Self {
        let change = changes.iter().find(|change| change.key == saved.key);
        let from_page = saved.is_secret && saved.origin.is_page();
        let secret_set = if from_page { page_secrets.contains(saved.key) } else { active.secret_set };
        let is_pending = saved.value != active.value || secret_set != active.secret_set;
        Self {
            key: saved.key,
            section: saved.section(),
            kind: saved.kind,
            minimum: saved.bounds.map(|(least, _)| least),
            maximum: saved.bounds.map(|(_, most)| most),
            unit: saved.unit,
            optional: saved.is_optional,
            source: if from_page && secret_set { "page" } else { saved.origin.source() },
            file: saved.origin.file().map(|file| file.display().to_string()),
            line: saved.origin.line(),
            variable: saved.origin.variable().map(str::to_owned),
            editable: saved.lock.is_none(),
            locked_reason: saved.lock.as_ref().map(|lock| match lock {
                Lock::Source(origin) => origin.source(),
                Lock::Start => "start",
                Lock::Machine => "machine",
            }),
            requires_restart: saved.requires_restart,
            restart_pending: saved.requires_restart && is_pending,
            secret_set,
            title: messages::setting_title(language, saved.key),
            help: messages::setting_help(language, saved.key),
            updated_at: change.map(|change| change.changed_at),
            actor: change.map(|change| change.actor.clone()),
            actor_name: change.and_then(|change| change.actor_name.clone()),
            version: change.map_or(0, |change| change.id),
            value: saved.value,
            default: saved.default,
            choices: saved.choices,
            allowed: saved.allowed,
        }
    }
}

/// Changes of settings.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSettingsRequest {
    /// The new values by key; null resets a setting to its default, or removes a secret.
    pub(super) changes: BTreeMap<String, Value>,
    /// By key, the `version` of the setting that the change is based on. If a setting has been changed since, nothing is done
    /// (412), unless it has the new value already. A setting that is left out is changed at any version.
    #[serde(default)]
    pub(super) expected: BTreeMap<String, i64>,
}

/// The result of a change of settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ChangeSettingsResponse {
    /// The keys whose values have changed.
    changed: Vec<String>,
    /// Those of them that take effect only after a restart.
    requires_restart: Vec<String>,
    /// Likely mistakes in the settings, in English.
    warnings: Vec<String>,
    /// The settings of the request, as they are now.
    items: Vec<SettingItem>,
}

impl ChangeSettingsResponse {
    pub(super) fn new(reloaded: Reloaded, keys: &[String], mut items: Vec<SettingItem>) -> Self {
        let requested = |mut changed: Vec<String>| {
            changed.retain(|key| keys.contains(key));
            changed.sort_unstable();
            changed
        };
        let requires_restart = requested(reloaded.needs_restart);
        let mut changed = requested(reloaded.changed);
        changed.extend(requires_restart.iter().cloned());
        changed.sort_unstable();
        items.retain(|item| keys.iter().any(|key| key == item.key));
        Self { changed, requires_restart, warnings: reloaded.warnings, items }
    }
}

/// A change of a setting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SettingChangeItem {
    /// The number of the change; later changes have greater numbers.
    id: i64,
    /// The key of the setting.
    key: String,
    /// The new value; null if it was reset. For a secret: true if it was set, null if it was removed.
    value: Value,
    /// The value before; null if the page had set none. For a secret as in `value`.
    previous: Value,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The actor: `user:3`, `token:2`.
    actor: String,
    /// The name of the user or the token; null for other actors.
    actor_name: Option<String>,
}

impl From<store::SettingChange> for SettingChangeItem {
    fn from(change: store::SettingChange) -> Self {
        Self {
            id: change.id,
            key: change.key,
            value: change.value,
            previous: change.previous,
            changed_at: change.changed_at,
            actor: change.actor,
            actor_name: change.actor_name,
        }
    }
}
