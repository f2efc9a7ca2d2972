//! The database: its published file, the notice of the last start, and decisions after a restore. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::views;
use crate::clock;
use crate::crm::outbox;
use crate::domain::Language;
use crate::http::accept_language::preferred;
use crate::http::auth::Owner;
use crate::http::extract::Json as Body;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::maintenance::database_notice;
use crate::store::Choice;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use view::{ChooseRequest, ChooseResponse, DatabaseStatus, HeldAction, ReviewRequest, ReviewResponse, StartNotice};

pub(super) fn operations() -> Operations {
    operations![show, choose, review, dismiss]
}

/// Get the state of the database, the notice of the last start, and the messages that are held.
#[utoipa::path(get, path = "/api/database", tag = "system", operation_id = "get_database_status",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the reasons: `he` or `en`")),
    responses((status = 200, body = DatabaseStatus)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _owner: Owner,
    headers: HeaderMap,
) -> Result<Json<DatabaseStatus>, ApiError> {
    let language = preferred(&headers).unwrap_or(Language::English);
    let health = state.store.health();
    let file = state.store.published_file().display().to_string();
    // The notice of a restore by the command line is not returned, because the command has already printed it.
    let read =
        state.store.read(|tx| Ok((tx.start_notice()?, (tx.held_outbox()?, tx.held_scheduled()?), tx.backfills()?)));
    let (notice, (held, held_scheduled), backfills) = read.await?;
    let notice = notice.filter(|notice| !notice.quiet);
    Ok(Json(DatabaseStatus {
        published: database_notice::published(&health, file, language),
        integrity: database_notice::integrity(&health.integrity, language),
        notice: notice.map(|notice| StartNotice::new(notice, language)),
        held: views(held),
        held_scheduled: views(held_scheduled),
        backfills: views(backfills),
    }))
}

/// Choose between the current data and the file that was found under the name of the published file.
#[utoipa::path(post, path = "/api/database/found", tag = "system", operation_id = "choose_database",
    request_body = ChooseRequest, responses((status = 200, body = ChooseResponse), (status = 404, body = ErrorBody)))]
pub(super) async fn choose(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Body(request): Body<ChooseRequest>,
) -> Result<Json<ChooseResponse>, ApiError> {
    let (store, choice) = (state.store.clone(), request.data);
    let chosen = tokio::task::spawn_blocking(move || store.choose_data(choice)).await;
    let chosen = chosen.map_err(|_| crate::store::Error::Panicked)??;
    if !chosen {
        return Err(ApiError::not_found("no foreign file has the name of the published file"));
    }
    actor.set_audit_subject(if choice == Choice::Found { "found" } else { "current" });
    Ok(Json(ChooseResponse { restart_required: choice == Choice::Found }))
}

/// Send or discard the messages that are held since a restore.
#[utoipa::path(post, path = "/api/database/held", tag = "system", operation_id = "review_held_messages",
    request_body = ReviewRequest, responses((status = 200, body = ReviewResponse)))]
pub(super) async fn review(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Body(request): Body<ReviewRequest>,
) -> Result<Json<ReviewResponse>, ApiError> {
    let (by, now, action) = (actor.id, clock::now(), request.action);
    let work = actor.transact(&state.store, move |tx| match action {
        HeldAction::Send => outbox::release_held(tx, by, now),
        HeldAction::Discard => outbox::discard_held(tx, by, now),
    });
    let messages = work.await?;
    state.outbox.wake();
    state.schedule_changed.wake();
    Ok(Json(ReviewResponse { messages }))
}

/// Dismiss the notice of the last start.
#[utoipa::path(delete, path = "/api/database/notice", tag = "system", operation_id = "dismiss_start_notice",
    responses((status = 204, description = "The notice was dismissed.")))]
pub(super) async fn dismiss(
    State(state): State<AppState>,
    Owner(actor): Owner,
) -> Result<axum::http::StatusCode, ApiError> {
    actor.transact(&state.store, |tx| Ok(tx.set_start_notice(None)?)).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
