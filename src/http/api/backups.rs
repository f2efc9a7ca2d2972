//! Snapshots of the database: the result of the last attempt, creation on request, and their files. For owners only.

mod download;
mod view;

use super::operation::{Operations, operations};
use super::response::views;
use crate::clock;
use crate::domain::Language;
use crate::http::accept_language::preferred;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::maintenance::manual_backup;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use view::{BackupRun, BackupsResponse, RunningSnapshot, refusal};

pub(super) fn operations() -> Operations {
    operations![list, create, download::download]
}

/// List the snapshots, and the result of the last attempt to create one.
#[utoipa::path(get, path = "/api/backups", tag = "system", operation_id = "get_backups",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the errors: `he` or `en`")),
    responses((status = 200, body = BackupsResponse)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _owner: Owner,
    headers: HeaderMap,
) -> Result<Json<BackupsResponse>, ApiError> {
    let language = preferred(&headers).unwrap_or(Language::English);
    let status = state.snapshots.status(clock::now()).as_str();
    let snapshots = state.snapshots.clone();
    // The folder may be on a network file system, where listing can block.
    let found = tokio::task::spawn_blocking(move || snapshots.list()).await;
    let found = found.ok().and_then(Result::ok).unwrap_or_default();
    let path = |path: &std::path::Path| std::path::absolute(path).unwrap_or(path.to_owned()).display().to_string();
    Ok(Json(BackupsResponse {
        status,
        running: state.snapshots.running().map(Into::into),
        last_run: BackupRun::new(state.snapshots.last_run(), language),
        snapshots: views(found),
        bucket: state.snapshots.has_bucket(),
        folder: path(state.snapshots.folder()),
        database: path(&state.config().store.published_file()),
    }))
}

/// Create a snapshot in the background.
///
/// The event stream reports the start and the end by the change `backup_updated`.
#[utoipa::path(post, path = "/api/backups", tag = "system", operation_id = "create_backup", responses(
    (status = 202, body = RunningSnapshot),
    (status = 409, body = ErrorBody, description = "`backup_running`: another snapshot is being created; `no_space`: the disk has no \
        space for one (`error.params`: `needed_mb`, `free_mb`).")))]
pub(super) async fn create(
    State(state): State<AppState>,
    _owner: Owner,
) -> Result<(StatusCode, Json<RunningSnapshot>), ApiError> {
    let running = manual_backup::start(state.snapshots.clone(), state.store.clone()).await;
    let running = running.map_err(|error| refusal("Cannot start the requested snapshot", error))?;
    Ok((StatusCode::ACCEPTED, Json(running.into())))
}
