//! Storage of a change of settings, and the error responses for a rejected change.

use super::view::{SettingItem, UpdateSettingsRequest};
use crate::clock;
use crate::config::{ChangeError, ChangeRefusal, Lock};
use crate::crm::setting;
use crate::domain::Language;
use crate::http::auth::Actor;
use crate::http::{ApiError, AppState};
use crate::messages;
use crate::runtime::reload::{ChangeRejected, SaveChange};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;

/// Returns the callback that stores a change in one transaction, with its history and audit log entries.
pub(super) fn save(state: &AppState, actor: Actor) -> SaveChange {
    let store = state.store.clone();
    Box::new(move |changed| {
        Box::pin(async move {
            let (id, now) = (actor.id, clock::now());
            actor.transact(&store, move |tx| setting::change(tx, id, &changed, now)).await
        })
    })
}

/// Returns true if the setting decides where snapshots are sent or who can decrypt them. Snapshots contain all data,
/// and are uploaded also after the session has ended.
pub(super) fn redirects_snapshots(key: &str) -> bool {
    key.starts_with("backup.s3_") || key == "backup.age_recipients"
}

/// Rejects a version of a setting that the request does not change.
pub(super) fn expected(body: &UpdateSettingsRequest) -> Result<BTreeMap<String, i64>, ApiError> {
    match body.expected.keys().find(|key| !body.changes.contains_key(*key)) {
        None => Ok(body.expected.clone()),
        Some(key) => {
            let message = format!("`expected` names {key}, which is not among the changes");
            Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message).with_field("expected"))
        }
    }
}

/// `items` are the current settings.
pub(super) fn rejection(
    rejected: ChangeRejected,
    changed: &[String],
    items: &[SettingItem],
    language: Language,
) -> ApiError {
    match rejected {
        ChangeRejected::Overtaken(keys) => {
            let current: Vec<_> = items.iter().filter(|item| keys.iter().any(|key| key == item.key)).collect();
            let error = ApiError::changed(json!({"items": current}), None);
            keys.into_iter().next().map_or_else(ApiError::internal, |key| error.with_field(key))
        }
        ChangeRejected::Setting(error) => refusal(error, language),
        ChangeRejected::Settings(reasons) => {
            let message =
                format!("the settings file or the environment is invalid, so nothing can be changed: {reasons}");
            ApiError::new(StatusCode::CONFLICT, "settings_rejected", message)
        }
        ChangeRejected::NotActive(reasons) => {
            let message = format!("the change is stored, but it is not active, because the reload failed: {reasons}");
            ApiError::new(StatusCode::CONFLICT, "settings_not_active", message)
        }
        ChangeRejected::Store(error) => error.into(),
        ChangeRejected::Secrets(error) => {
            let changed = changed.join(", ");
            tracing::error!(event = "SECRETS_NOT_STORED", changed, %error, "Cannot update page-secrets.toml; the change of {changed} was rejected");
            ApiError::unavailable("the secret cannot be stored at the moment; see the daemon's log")
        }
    }
}

pub(in crate::http::api) fn refusal(ChangeError { key, refusal }: ChangeError, language: Language) -> ApiError {
    match refusal {
        ChangeRefusal::Invalid(error) => {
            let code = if error.is_unknown_key() { "unknown_field" } else { "invalid" };
            let message = messages::text(Language::English, &error);
            let message = if error.is_unknown_key() { message } else { format!("{key}: {message}") };
            let reason = messages::text(language, &error);
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message).with_field(key).with_param("reason", reason)
        }
        ChangeRefusal::Locked(lock) => locked(key, lock),
    }
}

pub(in crate::http::api) fn locked(key: impl Into<String>, lock: Lock) -> ApiError {
    let key = key.into();
    let why = match &lock {
        Lock::Source(origin) => format!("it is set in {origin}; change it there"),
        Lock::Start => "it is needed before the database is open; set it in the settings file".to_owned(),
        Lock::Machine => "it belongs to the machine; set it in the settings file".to_owned(),
    };
    let message = format!("{key} cannot be changed here: {why}");
    let error = ApiError::new(StatusCode::CONFLICT, "setting_locked", message).with_field(key);
    let Lock::Source(origin) = lock else { return error };
    let file = origin.file().map(|file| file.display().to_string());
    let line = origin.line().map(|line| line.to_string());
    let params = [("file", file), ("line", line), ("variable", origin.variable().map(str::to_owned))];
    let given = params.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.fold(error, |error, (name, value)| error.with_param(name, value))
}
