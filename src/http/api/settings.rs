//! The settings: their values, their sources, and changes.

mod changes;
mod list_cache;
mod view;

use super::operation::{Operations, operations};
use crate::domain::Language;
use crate::http::accept_language::preferred;
use crate::http::auth::{Member, Owner};
use crate::http::extract::{Json, Query};
use crate::http::pagination::{Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::reload::SettingsChange;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use changes::{expected, redirects_snapshots, rejection, save};
pub(super) use changes::{locked, refusal};
pub use list_cache::SettingsListCache;
use list_cache::Sources;
use serde::Deserialize;
use view::{SettingChangeItemPage, SettingItem, SettingItemPage, UpdateSettingsRequest, UpdateSettingsResponse};

pub(super) fn operations() -> Operations {
    operations![list, change, history]
}

/// Filters for the history of settings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// The key of one setting; by default, the changes of all settings are listed.
    key: Option<String>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    cursor: Option<i64>,
}

/// List the settings with values, sources and editing hints.
///
/// Secrets are never returned.
#[utoipa::path(get, path = "/api/settings", tag = "system", operation_id = "list_settings",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the texts: `he` or `en`")),
    responses((status = 200, body = SettingItemPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let body = state.settings_list.body(Sources::read(&state.store, state.config()).await?, language(&state, &headers));
    Ok(([(CONTENT_TYPE, "application/json")], body))
}

/// Change settings.
///
/// The new values are validated together with all other settings, stored, and activated immediately if no restart is
/// needed. A session must be confirmed with the password before a change of where snapshots are sent, or of who can
/// decrypt them.
#[utoipa::path(patch, path = "/api/settings", tag = "system", operation_id = "update_settings",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the texts: `he` or `en`")),
    request_body = UpdateSettingsRequest, responses(
        (status = 200, body = UpdateSettingsResponse),
        (status = 403, body = ErrorBody, description = "Only an owner may do this (`forbidden`), a session must be confirmed with \
            the password before (`POST /api/session/confirm`) for `backup.s3_…` and `backup.age_recipients` \
            (`confirmation_required`), or X-CSRF-Token is wrong (`csrf`)"),
        (status = 409, body = ErrorBody, description = "`setting_locked`: the settings file, a credential, the environment or \
            the machine itself sets it (`error.params`: `file`, `line`, `variable`); `settings_rejected`: the settings file is \
            invalid, so that no change can take effect; `settings_not_active`: the change is stored, but the reload after it failed."),
        (status = 412, body = ErrorBody, description = "`changed`: a setting is not at the version that `expected` names; nothing \
            was changed. `current.items` has those settings as they are now, and `error.field` is the key of the first."),
        (status = 422, body = ErrorBody, description = "A value is not allowed, or does not fit the others; `error.field` is \
            the key: `invalid` (`error.params.reason` says why, in the language of the request), `unknown_field`. `expected` names a setting that the request does not change: `invalid`.")))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    headers: HeaderMap,
    Json(body): Json<UpdateSettingsRequest>,
) -> Result<axum::Json<UpdateSettingsResponse>, ApiError> {
    let keys: Vec<String> = body.changes.keys().cloned().collect();
    if keys.iter().any(|key| redirects_snapshots(key)) {
        state.auth.confirmations.require(actor.login.as_ref())?;
    }
    let expected = expected(&body)?;
    let change = SettingsChange { changes: body.changes.into_iter().collect(), expected, save: save(&state, actor) };
    let outcome = state.reload_handle.change(change).await;
    let language = language(&state, &headers);
    let items = items(&state, language).await?;
    let reloaded = outcome.map_err(|rejected| rejection(rejected, &keys, &items, language))?;
    Ok(axum::Json(UpdateSettingsResponse::new(reloaded, &keys, items)))
}

/// List the changes of settings, newest first.
///
/// To undo a change, set the setting to `previous`.
#[utoipa::path(get, path = "/api/settings/history", tag = "system", operation_id = "list_setting_changes",
    params(HistoryQuery), responses((status = 200, body = SettingChangeItemPage)))]
pub(super) async fn history(
    State(state): State<AppState>,
    _member: Member,
    Query(HistoryQuery { key, limit, cursor }): Query<HistoryQuery>,
) -> Result<axum::Json<SettingChangeItemPage>, ApiError> {
    let read = state.store.read(move |tx| tx.setting_history(key.as_deref(), cursor, limit.0));
    let (changes, next) = read.await?;
    Ok(axum::Json(Page::new(changes, next)))
}

fn language(state: &AppState, headers: &HeaderMap) -> Language {
    preferred(headers).unwrap_or_else(|| state.config().language())
}

/// Returns all settings with their stored values, of which some may take effect only after a restart.
async fn items(state: &AppState, language: Language) -> Result<Vec<SettingItem>, ApiError> {
    Ok(Sources::read(&state.store, state.config()).await?.items(language))
}
