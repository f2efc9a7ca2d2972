//! Tags of contacts.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::{self, tag};
use crate::domain::{BusinessId, ContactId, TagId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Ids, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use view::{CreateTagRequest, Tag, TagContactsRequest, TagContactsResponse, TagPage, UpdateTagRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, update, delete, add_to_contact, remove_from_contact, change_contacts]
}

fn shown(tx: &ReadTx<'_>, id: TagId) -> Result<Tag, crm::Error> {
    Ok(tag::find(tx, id)?.into())
}

/// List tags, by name.
#[utoipa::path(get, path = "/api/tags", tag = "contacts", operation_id = "list_tags", responses((status = 200, body = TagPage)))]
pub(super) async fn list(State(state): State<AppState>, _member: Member) -> Result<axum::Json<TagPage>, ApiError> {
    Ok(axum::Json(Page::only(state.store.read(|tx| tx.tags(BusinessId::FIRST)).await?)))
}

/// Add a tag.
#[utoipa::path(post, path = "/api/tags", tag = "contacts", operation_id = "create_tag", request_body = CreateTagRequest,
    responses((status = 201, body = Tag), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateTagRequest>,
) -> Result<(StatusCode, Tagged<Tag>), ApiError> {
    let now = clock::now();
    actor.create(&state.store, Kind::TAG, &key, move |tx| tag::create(tx, &new.name, now), shown).await
}

/// Rename a tag.
#[utoipa::path(patch, path = "/api/tags/{id}", tag = "contacts", operation_id = "update_tag", params(("id" = i64, Path)),
    request_body = UpdateTagRequest, responses((status = 200, body = Tag), (status = 409, body = ErrorBody)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateTagRequest>,
) -> Result<Tagged<Tag>, ApiError> {
    let id = TagId(id);
    let update = move |tx: &WriteTx<'_>| tag::update(tx, id, change.name.as_deref());
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Delete a tag, and remove it from all contacts.
#[utoipa::path(delete, path = "/api/tags/{id}", tag = "contacts", operation_id = "delete_tag", params(("id" = i64, Path)),
    responses((status = 200, description = "The tag was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = TagId(id);
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), move |tx| tag::delete(tx, id)).await?;
    Ok(OkResponse::OK)
}

/// Add a tag to a contact.
#[utoipa::path(put, path = "/api/contacts/{id}/tags/{tag_id}", tag = "contacts", operation_id = "add_tag_to_contact",
    params(("id" = i64, Path), ("tag_id" = i64, Path)),
    responses((status = 200, description = "The contact has the tag.", body = OkResponse)))]
pub(super) async fn add_to_contact(
    State(state): State<AppState>,
    Member(actor): Member,
    Ids(contact, tag): Ids,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    let add = move |tx: &WriteTx<'_>| tag::change_contacts(tx, &[ContactId(contact)], &[TagId(tag)], &[], now);
    actor.transact(&state.store, add).await?;
    Ok(OkResponse::OK)
}

/// Remove a tag from a contact.
#[utoipa::path(delete, path = "/api/contacts/{id}/tags/{tag_id}", tag = "contacts", operation_id = "remove_tag_from_contact",
    params(("id" = i64, Path), ("tag_id" = i64, Path)),
    responses((status = 200, description = "The contact no longer has the tag.", body = OkResponse)))]
pub(super) async fn remove_from_contact(
    State(state): State<AppState>,
    Member(actor): Member,
    Ids(contact, tag): Ids,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    let remove = move |tx: &WriteTx<'_>| tag::change_contacts(tx, &[ContactId(contact)], &[], &[TagId(tag)], now);
    actor.transact(&state.store, remove).await?;
    Ok(OkResponse::OK)
}

/// Add tags to many contacts, and remove tags from them.
#[utoipa::path(post, path = "/api/contacts/tags", tag = "contacts", operation_id = "tag_contacts", request_body = TagContactsRequest,
    responses((status = 200, body = TagContactsResponse),
        (status = 404, body = ErrorBody, description = "One of the contacts or tags does not exist; nothing was changed.")))]
pub(super) async fn change_contacts(
    State(state): State<AppState>,
    Member(actor): Member,
    Json(change): Json<TagContactsRequest>,
) -> Result<axum::Json<TagContactsResponse>, ApiError> {
    let now = clock::now();
    let tags = |ids: Vec<i64>| -> Vec<TagId> { ids.into_iter().map(TagId).collect() };
    let contacts: Vec<_> = change.contact_ids.into_iter().map(ContactId).collect();
    let (add, remove) = (tags(change.add), tags(change.remove));
    let by = actor.id;
    let work = move |tx: &WriteTx<'_>| {
        let changes = tag::change_contacts(tx, &contacts, &add, &remove, now)?;
        tag::note_changes(tx, by, &changes, now)?;
        Ok::<_, crm::Error>(changes)
    };
    Ok(axum::Json(actor.transact(&state.store, work).await?.into()))
}
