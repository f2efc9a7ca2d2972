//! Custom fields, which the business defines for its contacts.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::{self, custom_field};
use crate::domain::{BusinessId, FieldId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use view::{CreateCustomFieldRequest, CustomField, CustomFieldPage, UpdateCustomFieldRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, update, archive, restore]
}

fn shown(tx: &ReadTx<'_>, id: FieldId) -> Result<CustomField, crm::Error> {
    Ok(custom_field::find(tx, id)?.into())
}

/// List the custom fields of contacts.
#[utoipa::path(get, path = "/api/custom-fields", tag = "contacts", operation_id = "list_custom_fields",
    responses((status = 200, body = CustomFieldPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<CustomFieldPage>, ApiError> {
    Ok(axum::Json(Page::only(state.store.read(|tx| tx.custom_fields(BusinessId::FIRST)).await?)))
}

/// Add a custom field of contacts.
#[utoipa::path(post, path = "/api/custom-fields", tag = "contacts", operation_id = "create_custom_field",
    request_body = CreateCustomFieldRequest, responses((status = 201, body = CustomField), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateCustomFieldRequest>,
) -> Result<(StatusCode, Tagged<CustomField>), ApiError> {
    let now = clock::now();
    let create = move |tx: &WriteTx<'_>| custom_field::create(tx, &new.name, new.kind.0, &new.choices, now);
    actor.create(&state.store, Kind::CUSTOM_FIELD, &key, create, shown).await
}

/// Change the name or the choices of a custom field.
#[utoipa::path(patch, path = "/api/custom-fields/{id}", tag = "contacts", operation_id = "update_custom_field",
    params(("id" = i64, Path)), request_body = UpdateCustomFieldRequest,
    responses((status = 200, body = CustomField), (status = 409, body = ErrorBody)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateCustomFieldRequest>,
) -> Result<Tagged<CustomField>, ApiError> {
    let id = FieldId(id);
    let update =
        move |tx: &WriteTx<'_>| custom_field::update(tx, id, change.name.as_deref(), change.choices.as_deref());
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Archive a custom field.
///
/// The field is no longer shown. Its values are kept, and the field can be restored.
#[utoipa::path(delete, path = "/api/custom-fields/{id}", tag = "contacts", operation_id = "archive_custom_field",
    params(("id" = i64, Path)), responses((status = 200, description = "The custom field was archived.", body = OkResponse)))]
pub(super) async fn archive(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, now) = (FieldId(id), clock::now());
    let archive = move |tx: &WriteTx<'_>| custom_field::archive(tx, id, now);
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), archive).await?;
    Ok(OkResponse::OK)
}

/// Restore an archived custom field with its values.
#[utoipa::path(post, path = "/api/custom-fields/{id}/restore", tag = "contacts", operation_id = "restore_custom_field",
    params(("id" = i64, Path)), responses((status = 200, body = CustomField), (status = 409, body = ErrorBody)))]
pub(super) async fn restore(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Tagged<CustomField>, ApiError> {
    let id = FieldId(id);
    let work = move |tx: &WriteTx<'_>| {
        custom_field::restore(tx, id)?;
        shown(tx, id)
    };
    Ok(Tagged(actor.transact(&state.store, work).await?))
}
