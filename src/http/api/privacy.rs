//! Export and erasure of the personal data of a contact.

mod archive;
mod view;

use super::operation::{Operations, operations};
use crate::backup::{Kind, Snapshot};
use crate::clock;
use crate::crm::privacy::Decided;
use crate::crm::{self, privacy};
use crate::domain::{ContactId, Timestamp};
use crate::http::auth::{Member, Owner};
use crate::http::extract::{Id, Json};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::erasure;
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use view::{EraseContactRequest, EraseContactResponse, SnapshotWithContact};

pub(super) fn operations() -> Operations {
    operations![export, erase]
}

/// Export the data about a contact.
///
/// The response is a ZIP archive with `data.json`, the files of messages and the recordings. Drafts of users, and
/// internal data such as the log of webhooks, are left out.
#[utoipa::path(get, path = "/api/contacts/{id}/export", tag = "contacts", operation_id = "export_contact", params(("id" = i64, Path)),
    responses((status = 200, description = "A ZIP archive", body = Vec<u8>, content_type = "application/zip")))]
pub(super) async fn export(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (contact, data) = crm::read_long(&state.store, move |tx| privacy::collect(tx, ContactId(id))).await?;
    let (id, now) = (contact.id, clock::now());
    state.store.write(move |tx| privacy::note_export(tx, actor.id, id, now)).await?;
    let mut response =
        archive::stream(state.store.clone(), data, now, &state.config().business.time_zone).into_response();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"contact-{id}.zip\""));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.extend(disposition.ok().map(|disposition| (header::CONTENT_DISPOSITION, disposition)));
    Ok(response)
}

/// Erase all data about a contact.
///
/// The erasure cannot be undone.
#[utoipa::path(post, path = "/api/contacts/{id}/erase", tag = "contacts", operation_id = "erase_contact", params(("id" = i64, Path)),
    request_body = EraseContactRequest, responses((status = 200, body = EraseContactResponse),
        (status = 409, body = ErrorBody, description = "`conflict`: a call is active, or a message is being sent.")))]
pub(super) async fn erase(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    Json(request): Json<EraseContactRequest>,
) -> Result<axum::Json<EraseContactResponse>, ApiError> {
    let plan = move |tx: &crate::store::ReadTx<'_>| privacy::plan(tx, ContactId(id), &request.confirm);
    let erasure = crm::read_long(&state.store, plan).await?;
    let (by, now) = (actor.id, clock::now());
    let has_bridge = state.settings.current().bridge.is_some();
    let work = move |tx: &WriteTx<'_>| privacy::erase(tx, by, &erasure, has_bridge, now);
    let Decided { erased, rest, bridge } = actor.transact(&state.store, work).await?;
    // Wakes the job worker, so that it schedules the jobs that finish the erasure if this request is aborted.
    state.jobs.wake();
    let deleted = erasure::finish(&state.store, rest.clone(), erased).await?;
    let bridge_pending = match bridge {
        Some(bridge) => !erasure::finish_in_bridge(&state.store, &state.settings, bridge).await?,
        None => false,
    };
    state.input_logs.clean_up(&state.store, state.config().input_log_days()).await;
    let is_released = erasure::release_free_pages(&state.store, rest, RELEASE_WITHIN).await?;
    let overwritten = state.store.purge_deleted().await? && is_released;
    let snapshots = copies_before(&state, now).await;
    let (in_bucket, in_replica) = (state.snapshots.has_bucket(), state.config().store.litestream);
    Ok(axum::Json(EraseContactResponse { deleted, overwritten, bridge_pending, snapshots, in_bucket, in_replica }))
}

/// How long the user waits for the release of free pages. About a megabyte is released in 0.1 seconds, and the job
/// continues.
const RELEASE_WITHIN: Duration = Duration::from_secs(5);

/// Returns the snapshots from before this time, and the archived databases.
async fn copies_before(state: &AppState, at: Timestamp) -> Vec<SnapshotWithContact> {
    let (snapshots, store, config) = (state.snapshots.clone(), state.store.clone(), state.config());
    // The folder may be on a network file system, where listing can block.
    let found = tokio::task::spawn_blocking(move || {
        (snapshots.list().unwrap_or_default(), store.archived_files().unwrap_or_default())
    });
    let (found, archived) = found.await.unwrap_or_default();
    let days = config.backup.keep_days.max(config.backup.keep_weeks.saturating_mul(7));
    let kept_for = Duration::from_hours(24).saturating_mul(u32::try_from(days).unwrap_or(u32::MAX));
    // The policy counts only days and weeks that have a manual snapshot, so it may keep an old one at any time.
    let until = |snapshot: &Snapshot| (snapshot.kind == Kind::Nightly).then(|| snapshot.created_at.plus(kept_for));
    let older = found.into_iter().filter(|snapshot| snapshot.created_at <= at);
    let older = older.map(|snapshot| SnapshotWithContact { until: until(&snapshot), name: snapshot.name });
    older.chain(archived.into_iter().map(|name| SnapshotWithContact { name, until: None })).collect()
}
