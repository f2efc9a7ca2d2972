//! Notes about contacts.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::{self, contact, note};
use crate::domain::{ContactId, NoteId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateNoteRequest, Note, NotePage, UpdateNoteRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, update, delete, restore]
}

/// The page of notes to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NoteQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

fn shown(tx: &ReadTx<'_>, id: NoteId) -> Result<Note, crm::Error> {
    Ok(note::find(tx, id)?.into())
}

/// List the notes about a contact, newest first.
#[utoipa::path(get, path = "/api/contacts/{id}/notes", tag = "contacts", operation_id = "list_notes",
    params(("id" = i64, Path), NoteQuery), responses((status = 200, body = NotePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
    Query(query): Query<NoteQuery>,
) -> Result<axum::Json<NotePage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let read = move |tx: &ReadTx<'_>| Ok(tx.notes(contact::find(tx, ContactId(id))?.id, after, limit)?);
    let (notes, next) = crm::read(&state.store, read).await?;
    Ok(axum::Json(Page::new(notes, next)))
}

/// Add a note about a contact.
#[utoipa::path(post, path = "/api/contacts/{id}/notes", tag = "contacts", operation_id = "create_note", params(("id" = i64, Path)),
    request_body = CreateNoteRequest, responses((status = 201, body = Note)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    key: IdempotencyKey,
    Json(new): Json<CreateNoteRequest>,
) -> Result<(StatusCode, Tagged<Note>), ApiError> {
    let (author, now) = (actor.id, clock::now());
    let create = move |tx: &WriteTx<'_>| note::create(tx, author, ContactId(id), &new.text, now);
    actor.create(&state.store, Kind::NOTE, &key, create, shown).await
}

/// Change a note.
#[utoipa::path(patch, path = "/api/notes/{id}", tag = "contacts", operation_id = "update_note", params(("id" = i64, Path)),
    request_body = UpdateNoteRequest, responses((status = 200, body = Note)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateNoteRequest>,
) -> Result<Tagged<Note>, ApiError> {
    let (editor, id, now) = (actor.id, NoteId(id), clock::now());
    let update = move |tx: &WriteTx<'_>| note::update(tx, editor, id, change.text.as_deref(), now);
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Delete a note.
///
/// A deleted note can be restored.
#[utoipa::path(delete, path = "/api/notes/{id}", tag = "contacts", operation_id = "delete_note", params(("id" = i64, Path)),
    responses((status = 200, description = "The note was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, now) = (NoteId(id), clock::now());
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), move |tx| note::delete(tx, id, now)).await?;
    Ok(OkResponse::OK)
}

/// Restore a deleted note.
#[utoipa::path(post, path = "/api/notes/{id}/restore", tag = "contacts", operation_id = "restore_note", params(("id" = i64, Path)),
    responses((status = 200, body = Note)))]
pub(super) async fn restore(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Tagged<Note>, ApiError> {
    let id = NoteId(id);
    let work = move |tx: &WriteTx<'_>| {
        note::restore(tx, id)?;
        shown(tx, id)
    };
    Ok(Tagged(actor.transact(&state.store, work).await?))
}
