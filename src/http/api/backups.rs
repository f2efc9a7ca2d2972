//! The snapshots, and the result of the last attempt. For owners.

mod view;

use super::operation::{Operations, operations};
use super::views;
use crate::backup::BackupStatus;
use crate::clock;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use view::BackupsResponse;

pub(super) fn operations() -> Operations {
    operations![list]
}

/// List the snapshots, and the result of the last one.
#[utoipa::path(get, path = "/api/backups", tag = "system", operation_id = "list_backups",
    responses((status = 200, body = BackupsResponse)))]
pub(super) async fn list(State(state): State<AppState>, _owner: Owner) -> Result<Json<BackupsResponse>, ApiError> {
    let status = match state.snapshots.status(clock::now()) {
        BackupStatus::Off => "off",
        BackupStatus::Pending => "pending",
        BackupStatus::Good => "good",
        BackupStatus::Bad => "bad",
    };
    let snapshots = state.snapshots.clone();
    // The folder may be at the other end of a network.
    let found = tokio::task::spawn_blocking(move || snapshots.list()).await;
    let found = found.ok().and_then(Result::ok).unwrap_or_default();
    Ok(Json(BackupsResponse {
        status,
        last_run: state.snapshots.last_run().into(),
        snapshots: views(found),
        bucket: state.snapshots.has_bucket(),
    }))
}
