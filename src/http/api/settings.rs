//! The settings as they are in force. For owners.

use crate::http::{ApiError, AppState, Owner};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/settings", get(show))
}

/// The settings as they are in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SettingList {
    settings: Vec<SettingItem>,
}

/// One setting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SettingItem {
    /// As in the settings file: `section.name`.
    key: &'static str,
    /// Null where it is not set; a secret is `•••`.
    value: Value,
    /// Where it came from, for a person to read.
    origin: String,
}

/// The settings as they are in force, and where each came from.
#[utoipa::path(get, path = "/api/settings", tag = "house", operation_id = "list_settings",
    security(("cookie" = ["owner"]), ("token" = ["owner"])), responses((status = 200, body = SettingList)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<SettingList>, ApiError> {
    let shown = state.config().shown().into_iter();
    let item = shown.map(|s| SettingItem { key: s.key, value: s.value, origin: s.origin.to_string() });
    Ok(Json(SettingList { settings: item.collect() }))
}
