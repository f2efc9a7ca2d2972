//! Bookable resources, such as staff members and rooms.

mod view;

use super::opening_hours::view::{domain_hours, view_hours};
use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::booking::resources::{self, ResourceUpdate};
use crate::crm::idempotency::Kind;
use crate::crm::{self};
use crate::domain::{BusinessId, ResourceId};
use crate::http::auth::{Member, Owner};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateResourceRequest, Resource, ResourceHours, ResourceHoursRequest, ResourcePage, UpdateResourceRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, archive, show_hours, set_hours]
}

/// Filters for resources.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ResourceQuery {
    /// Whether archived resources are listed as well; false by default.
    archived: Option<bool>,
}

/// List resources by position.
#[utoipa::path(get, path = "/api/resources", tag = "booking", operation_id = "list_resources", params(ResourceQuery),
    responses((status = 200, body = ResourcePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ResourceQuery>,
) -> Result<axum::Json<ResourcePage>, ApiError> {
    let with_archived = query.archived == Some(true);
    let found = state.store.read(move |tx| {
        let resources = tx.resources(BusinessId::FIRST, with_archived)?;
        Ok((resources, tx.services(BusinessId::FIRST, false)?))
    });
    let (resources, offered) = found.await?;
    let views: Vec<_> = resources.into_iter().map(|resource| Resource::new(resource, &offered)).collect();
    Ok(axum::Json(Page::only(views)))
}

/// Add a resource.
#[utoipa::path(post, path = "/api/resources", tag = "booking", operation_id = "create_resource",
    request_body = CreateResourceRequest, responses((status = 201, body = Resource), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Owner(actor): Owner,
    key: IdempotencyKey,
    Json(new): Json<CreateResourceRequest>,
) -> Result<(StatusCode, Tagged<Resource>), ApiError> {
    let (new, now) = (new.into(), clock::now());
    let add = move |tx: &WriteTx<'_>| resources::add(tx, BusinessId::FIRST, &new, now);
    actor.create(&state.store, Kind::RESOURCE, &key, add, view_of).await
}

/// Get a resource.
#[utoipa::path(get, path = "/api/resources/{id}", tag = "booking", operation_id = "get_resource",
    params(("id" = i64, Path)), responses((status = 200, body = Resource)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<Resource>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, ResourceId(id))).await?))
}

/// Change a resource.
#[utoipa::path(patch, path = "/api/resources/{id}", tag = "booking", operation_id = "update_resource",
    params(("id" = i64, Path)), request_body = UpdateResourceRequest,
    responses((status = 200, body = Resource), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateResourceRequest>,
) -> Result<Tagged<Resource>, ApiError> {
    let (id, now) = (ResourceId(id), clock::now());
    let change = move |tx: &WriteTx<'_>| resources::change(tx, BusinessId::FIRST, id, &change.into(), now);
    if_match.edit(&actor, &state.store, move |tx| view_of(tx, id), change).await
}

/// Archive a resource.
///
/// An archived resource accepts no new appointments; its existing appointments are kept. The last resource that accepts
/// appointments cannot be archived.
#[utoipa::path(delete, path = "/api/resources/{id}", tag = "booking", operation_id = "archive_resource",
    params(("id" = i64, Path)),
    responses((status = 200, description = "The resource was archived.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn archive(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, now) = (ResourceId(id), clock::now());
    let archived = ResourceUpdate { archived: Some(true), ..ResourceUpdate::default() };
    let archive = move |tx: &WriteTx<'_>| resources::change(tx, BusinessId::FIRST, id, &archived, now);
    if_match.delete(&actor, &state.store, move |tx| view_of(tx, id), archive).await?;
    Ok(OkResponse::OK)
}

/// Get a resource's own opening hours.
#[utoipa::path(get, path = "/api/resources/{id}/hours", tag = "booking", operation_id = "get_resource_hours",
    params(("id" = i64, Path)), responses((status = 200, body = ResourceHours)))]
pub(super) async fn show_hours(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<ResourceHours>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| hours_of(tx, ResourceId(id))).await?))
}

/// Replace a resource's own opening hours.
#[utoipa::path(put, path = "/api/resources/{id}/hours", tag = "booking", operation_id = "set_resource_hours",
    params(("id" = i64, Path)), request_body = ResourceHoursRequest, responses((status = 200, body = ResourceHours)))]
pub(super) async fn set_hours(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(request): Json<ResourceHoursRequest>,
) -> Result<Tagged<ResourceHours>, ApiError> {
    let (id, now) = (ResourceId(id), clock::now());
    let hours = request.hours.as_deref().map(domain_hours).transpose()?;
    let set = move |tx: &WriteTx<'_>| resources::set_hours(tx, BusinessId::FIRST, id, hours.as_deref(), now);
    if_match.edit(&actor, &state.store, move |tx| hours_of(tx, id), set).await
}

fn view_of(tx: &ReadTx<'_>, id: ResourceId) -> Result<Resource, crm::Error> {
    let resource = resources::find(tx, id)?;
    Ok(Resource::new(resource, &tx.services(BusinessId::FIRST, false)?))
}

fn hours_of(tx: &ReadTx<'_>, id: ResourceId) -> Result<ResourceHours, crm::Error> {
    let hours = resources::hours(tx, BusinessId::FIRST, id)?;
    Ok(ResourceHours { hours: hours.as_deref().map(view_hours) })
}
