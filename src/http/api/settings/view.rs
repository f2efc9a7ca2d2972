//! API types of settings.

use crate::config::{Config, Lock, Secret, SettingInfo};
use crate::domain::{Language, SettingWarning, Timestamp};
use crate::http::pagination::Page;
use crate::messages;
use crate::runtime::reload::Reloaded;
use crate::store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) type SettingItemPage = Page<SettingItem>;
pub(crate) type SettingChangeItemPage = Page<SettingChangeItem>;

/// A setting, with its value, its source, and hints for an editor.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct SettingItem {
    /// The key, as in the settings file: `section.name`.
    pub(super) key: &'static str,
    /// The section of the settings file.
    section: &'static str,
    /// The editor for the value: `text`, `long_text`, `bool`, `integer`, `decimal`, `duration`, `choice`, `list`,
    /// `secret`, `url`, `phone`, `size`, `path` or `listener`.
    kind: &'static str,
    /// The value; null if it is not set, and always null for a secret.
    value: Value,
    /// The default value; null for a secret, and if there is no default.
    default: Value,
    /// The allowed values; empty if there is no fixed set.
    choices: Vec<&'static str>,
    /// The minimum of a number; null if the setting has no limits.
    minimum: Option<f64>,
    /// The maximum of a number; null if the setting has no limits.
    maximum: Option<f64>,
    /// The unit of the number: `ms`, `s`, `h`, `d`, `min`, `bytes`, `tokens`, `usd` or `cents`; null if it has none.
    unit: Option<&'static str>,
    /// Whether the setting is optional; an empty text then removes it.
    optional: bool,
    /// The allowed values, in the language of the request.
    allowed: String,
    /// The source of the value: `default`, `page`, `file`, `credential`, `environment`, or `last_good` while the
    /// configured settings are invalid.
    source: &'static str,
    /// The path of the settings file, the credential or the secret's file that sets the value; null for other sources.
    file: Option<String>,
    /// The line of the settings file; null for other sources.
    line: Option<usize>,
    /// The environment variable that sets the value, or that names the secret's file; null for other sources.
    variable: Option<String>,
    /// Whether the web page may change the setting.
    editable: bool,
    /// Why the setting is locked: `file`, `credential`, `environment` or `last_good` sets it; `start`: the daemon needs
    /// it before the database is open; `machine`: it can be changed only on the server. Null if it is not locked.
    locked_reason: Option<&'static str>,
    /// Whether a change takes effect only after a restart.
    requires_restart: bool,
    /// Whether `value` takes effect only after the next restart.
    restart_pending: bool,
    /// For a secret, whether it is set.
    secret_set: bool,
    /// The name of the setting, in the language of the request.
    title: String,
    /// The effect of the setting, in the language of the request.
    help: String,
    /// Likely mistakes that the value may be a part of, in the language of the request.
    warnings: Vec<String>,
    /// When the web page last changed the setting; null if it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// The actor of the last change: `user:3` or `token:2`; null if the web page never changed the setting.
    actor: Option<String>,
    /// The name of the user or the token that made the last change; null if `actor` is null. The name of a removed user
    /// ends with the user's id, such as `Dana #3`.
    actor_name: Option<String>,
    /// The number of the last change, for `expected` in a change request; 0 if the web page never changed the setting.
    version: i64,
}

impl SettingItem {
    /// Creates the view of a setting. `saved` has the value to show, `active` the value in use; `page_secrets` are
    /// the secrets that the web page has stored, by key.
    pub(super) fn new(
        active: &SettingInfo,
        saved: SettingInfo,
        page_secrets: &BTreeMap<String, Secret>,
        changes: &[store::SettingChange],
        warnings: &SettingWarnings,
        language: Language,
    ) -> Self {
        let change = changes.iter().find(|change| change.key == saved.key);
        let from_page = saved.is_secret && saved.origin.is_page();
        let secret = if from_page { page_secrets.get(saved.key) } else { active.secret.as_ref() };
        let secret_set = secret.is_some();
        let is_pending = saved.value != active.value || secret != active.secret.as_ref();
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
            warnings: warnings.of(saved.key),
            updated_at: change.map(|change| change.changed_at),
            actor: change.map(|change| change.actor.clone()),
            actor_name: change.and_then(|change| change.actor_name.clone()),
            version: change.map_or(0, |change| change.id),
            value: saved.value,
            default: saved.default,
            choices: saved.choices,
            allowed: messages::text(language, &saved.allowed),
        }
    }
}

/// Warnings about settings, with the keys of the settings that they name, and their texts in one language.
pub(super) struct SettingWarnings(Vec<(Vec<&'static str>, String)>);

impl SettingWarnings {
    pub(super) fn about(config: &Config, settings: &[SettingInfo], language: Language) -> Self {
        let warning = |warning: SettingWarning| {
            let english = messages::text(Language::English, &warning);
            let named = |setting: &&SettingInfo| words(&english).any(|word| word == setting.key);
            let keys = settings.iter().filter(named).map(|setting| setting.key).collect();
            (keys, with_titles(&messages::text(language, &warning), settings, language))
        };
        Self(config.warnings().into_iter().map(warning).collect())
    }

    fn of(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(keys, _)| keys.contains(&key)).map(|(_, text)| text.clone()).collect()
    }
}

/// Returns the words of a text, which can be the keys of settings.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    text.split(move |c| !is_of_key(c)).map(|word| word.trim_end_matches('.'))
}

/// Returns a text in which each key of a setting is replaced by the title that the page shows.
fn with_titles(text: &str, settings: &[SettingInfo], language: Language) -> String {
    let (open, close, or) = match language {
        Language::English => ('“', '”', " or "),
        Language::Hebrew => (GERSHAYIM, GERSHAYIM, " / "),
    };
    let (mut titled, mut rest) = (String::new(), text);
    for word in words(text) {
        let Some(setting) = settings.iter().find(|setting| setting.key == word) else { continue };
        let Some((before, after)) = rest.split_once(word) else { continue };
        titled += before;
        titled.extend([open]);
        titled += &messages::setting_title(language, setting.key);
        titled.extend([close]);
        rest = after;
    }
    (titled + rest).replace(&format!("{close} or {open}"), &format!("{close}{or}{open}"))
}

/// The quotation mark of Hebrew.
const GERSHAYIM: char = '\u{5f4}';

/// The settings to change, and the versions on which the changes are based.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSettingsRequest {
    /// The new values by key; null resets a setting to its default, or removes a secret.
    pub(super) changes: BTreeMap<String, Value>,
    /// By key, the `version` of the setting on which the change is based. If a setting has changed since and does not
    /// already have the new value, the request is rejected with 412 and changes nothing. For a setting without an
    /// entry, the version is not checked.
    #[serde(default)]
    pub(super) expected: BTreeMap<String, i64>,
}

/// The result of a change of settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UpdateSettingsResponse {
    /// The keys whose values have changed.
    changed: Vec<String>,
    /// The changed keys that take effect only after a restart.
    requires_restart: Vec<String>,
    /// Likely mistakes in the settings, in English.
    warnings: Vec<String>,
    /// The settings of the request, in their current state.
    items: Vec<SettingItem>,
}

impl UpdateSettingsResponse {
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
    /// The new value; null if the setting was reset. For a secret: true if it was set, null if it was removed.
    value: Value,
    /// The previous value; null if the web page had not set one. For a secret, as in `value`.
    previous: Value,
    /// When the setting was changed.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The actor that changed the setting: `user:3` or `token:2`.
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
