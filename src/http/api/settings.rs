//! The active settings. For owners.

use super::operation::{Operations, operations};
use crate::http::auth::Owner;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;

pub(super) fn operations() -> Operations {
    operations![show]
}

type SettingItemPage = Page<SettingItem>;

/// One setting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SettingItem {
    /// The key, as in the settings file: `section.name`.
    key: &'static str,
    /// The value; null if not set, `•••` for a secret.
    value: Value,
    /// The source of the value, for people.
    origin: String,
}

/// List the active settings, and where each value comes from.
#[utoipa::path(get, path = "/api/settings", tag = "system", operation_id = "list_settings",
    responses((status = 200, body = SettingItemPage)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<SettingItemPage>, ApiError> {
    let shown = state.config().shown().into_iter();
    let item = shown.map(|s| SettingItem { key: s.key, value: s.value, origin: s.origin.to_string() });
    Ok(Json(Page::only(item.collect())))
}
