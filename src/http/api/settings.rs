//! The settings as they are in force. For owners.

use crate::http::{Actor, ApiError, AppState};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/settings", get(show))
}

/// The settings as they are in force, secrets as `•••`.
#[utoipa::path(get, path = "/api/settings", tag = "house", responses((status = 200, body = Object)))]
pub(super) async fn show(State(state): State<AppState>, actor: Actor) -> Result<Json<Value>, ApiError> {
    actor.require_owner()?;
    serde_json::to_value(&*state.config).map(Json).map_err(|_| ApiError::internal())
}
