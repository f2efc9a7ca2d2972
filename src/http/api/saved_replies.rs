//! Saved replies: texts that users send often.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::crm::idempotency::Kind;
use crate::crm::{self, saved_reply};
use crate::domain::BusinessId;
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::{clock, store};
use axum::extract::State;
use axum::http::StatusCode;
use store::ReadTx;
use view::{CreateSavedReplyRequest, SavedReply, SavedReplyPage, UpdateSavedReplyRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, delete]
}

/// List the saved replies, by shortcut.
#[utoipa::path(get, path = "/api/saved-replies", tag = "threads", operation_id = "list_saved_replies",
    responses((status = 200, body = SavedReplyPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<SavedReplyPage>, ApiError> {
    Ok(axum::Json(Page::only(state.store.read(|tx| tx.saved_replies(BusinessId::FIRST)).await?)))
}

/// Create a saved reply.
#[utoipa::path(post, path = "/api/saved-replies", tag = "threads", operation_id = "create_saved_reply",
    request_body = CreateSavedReplyRequest,
    responses((status = 201, body = SavedReply), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateSavedReplyRequest>,
) -> Result<(StatusCode, Tagged<SavedReply>), ApiError> {
    let now = clock::now();
    let create = move |tx: &store::WriteTx<'_>| saved_reply::create(tx, &new.shortcut, &new.text, now);
    actor.create(&state.store, Kind::SAVED_REPLY, &key, create, show_one).await
}

/// Get a saved reply.
#[utoipa::path(get, path = "/api/saved-replies/{id}", tag = "threads", operation_id = "get_saved_reply",
    params(("id" = i64, Path)), responses((status = 200, body = SavedReply)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<SavedReply>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| show_one(tx, id)).await?))
}

/// Change a saved reply.
#[utoipa::path(patch, path = "/api/saved-replies/{id}", tag = "threads", operation_id = "update_saved_reply",
    params(("id" = i64, Path)), request_body = UpdateSavedReplyRequest,
    responses((status = 200, body = SavedReply), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(new): Json<UpdateSavedReplyRequest>,
) -> Result<Tagged<SavedReply>, ApiError> {
    let now = clock::now();
    let change =
        move |tx: &store::WriteTx<'_>| saved_reply::change(tx, id, new.shortcut.as_deref(), new.text.as_deref(), now);
    if_match.edit(&actor, &state.store, move |tx| show_one(tx, id), change).await
}

/// Delete a saved reply.
#[utoipa::path(delete, path = "/api/saved-replies/{id}", tag = "threads", operation_id = "delete_saved_reply",
    params(("id" = i64, Path)), responses((status = 200, description = "The saved reply was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let delete = move |tx: &store::WriteTx<'_>| saved_reply::delete(tx, id);
    if_match.delete(&actor, &state.store, move |tx| show_one(tx, id), delete).await?;
    Ok(OkResponse::OK)
}

fn show_one(tx: &ReadTx<'_>, id: i64) -> Result<SavedReply, crm::Error> {
    Ok(saved_reply::find(tx, id)?.into())
}
