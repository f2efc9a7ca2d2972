//! Bookable services.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::booking::services::{self, ServiceUpdate};
use crate::crm::idempotency::Kind;
use crate::crm::{self};
use crate::domain::{BusinessId, ServiceId};
use crate::http::auth::{Member, Owner};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateServiceRequest, Service, ServicePage, UpdateServiceRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, archive]
}

/// Filters for services.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ServiceQuery {
    /// Whether archived services are listed as well; false by default.
    archived: Option<bool>,
}

/// List services by position.
#[utoipa::path(get, path = "/api/services", tag = "booking", operation_id = "list_services", params(ServiceQuery),
    responses((status = 200, body = ServicePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ServiceQuery>,
) -> Result<axum::Json<ServicePage>, ApiError> {
    let with_archived = query.archived == Some(true);
    let services = state.store.read(move |tx| tx.services(BusinessId::FIRST, with_archived)).await?;
    Ok(axum::Json(Page::only(services)))
}

/// Add a service.
#[utoipa::path(post, path = "/api/services", tag = "booking", operation_id = "create_service",
    request_body = CreateServiceRequest, responses((status = 201, body = Service)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Owner(actor): Owner,
    key: IdempotencyKey,
    Json(new): Json<CreateServiceRequest>,
) -> Result<(StatusCode, Tagged<Service>), ApiError> {
    let (new, now) = (new.into(), clock::now());
    let add = move |tx: &WriteTx<'_>| services::add(tx, BusinessId::FIRST, &new, now);
    actor.create(&state.store, Kind::SERVICE, &key, add, view_of).await
}

/// Get a service.
#[utoipa::path(get, path = "/api/services/{id}", tag = "booking", operation_id = "get_service", params(("id" = i64, Path)),
    responses((status = 200, body = Service)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<Service>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, ServiceId(id))).await?))
}

/// Change a service.
#[utoipa::path(patch, path = "/api/services/{id}", tag = "booking", operation_id = "update_service",
    params(("id" = i64, Path)), request_body = UpdateServiceRequest, responses((status = 200, body = Service)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateServiceRequest>,
) -> Result<Tagged<Service>, ApiError> {
    let (id, now) = (ServiceId(id), clock::now());
    let change = move |tx: &WriteTx<'_>| services::change(tx, id, &change.into(), now);
    if_match.edit(&actor, &state.store, move |tx| view_of(tx, id), change).await
}

/// Archive a service.
///
/// An archived service cannot be booked; its existing appointments are kept.
#[utoipa::path(delete, path = "/api/services/{id}", tag = "booking", operation_id = "archive_service",
    params(("id" = i64, Path)), responses((status = 200, description = "The service was archived.", body = OkResponse)))]
pub(super) async fn archive(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, now) = (ServiceId(id), clock::now());
    let archived = ServiceUpdate { archived: Some(true), ..ServiceUpdate::default() };
    let archive = move |tx: &WriteTx<'_>| services::change(tx, id, &archived, now);
    if_match.delete(&actor, &state.store, move |tx| view_of(tx, id), archive).await?;
    Ok(OkResponse::OK)
}

fn view_of(tx: &ReadTx<'_>, id: ServiceId) -> Result<Service, crm::Error> {
    Ok(services::find(tx, id)?.into())
}
