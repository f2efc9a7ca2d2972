//! The snapshots, and how the last one went. For owners.

use super::operation::{Operations, operations};
use crate::backup::{BackupRun, BackupStatus, Snapshot};
use crate::clock;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use serde::Serialize;

pub(super) fn operations() -> Operations {
    operations![list]
}

/// The snapshots.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BackupsResponse {
    /// `good`; `bad`: the last attempt failed, or the newest snapshot is too old; `pending`: before the first night; `off`.
    status: &'static str,
    /// The result of the last attempt.
    last_run: BackupRun,
    /// The snapshots in the folder, newest first.
    snapshots: Vec<Snapshot>,
    /// Whether they are uploaded to a bucket too.
    bucket: bool,
}

/// List the snapshots, and the result of the last one.
#[utoipa::path(get, path = "/api/backups", tag = "system", operation_id = "list_backups",
    responses((status = 200, body = BackupsResponse)))]
pub(super) async fn list(State(state): State<AppState>, _owner: Owner) -> Result<Json<BackupsResponse>, ApiError> {
    let status = match state.snapshots.backup_status(clock::now()) {
        BackupStatus::Off => "off",
        BackupStatus::Pending => "pending",
        BackupStatus::Good => "good",
        BackupStatus::Bad => "bad",
    };
    let snapshots = state.snapshots.clone();
    // The folder may be at the other end of a network.
    let found = tokio::task::spawn_blocking(move || snapshots.list()).await;
    let found = found.ok().and_then(Result::ok).unwrap_or_default();
    let (last_run, bucket) = (state.snapshots.status(), state.snapshots.has_bucket());
    Ok(Json(BackupsResponse { status, last_run, snapshots: found, bucket }))
}
