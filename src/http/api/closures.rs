//! Closures of the business and its resources.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::booking::closures;
use crate::crm::idempotency::Kind;
use crate::crm::{self};
use crate::domain::{BusinessId, ClosureId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::local_date::LocalDate;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{Closure, ClosurePage, CreateClosureRequest, UpdateClosureRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, delete]
}

/// Filters for closures.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ClosureQuery {
    /// Only closures that end on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDate>,
    /// Only closures that begin on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<LocalDate>,
}

/// List closures by their first day.
#[utoipa::path(get, path = "/api/closures", tag = "booking", operation_id = "list_closures", params(ClosureQuery),
    responses((status = 200, body = ClosurePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ClosureQuery>,
) -> Result<axum::Json<ClosurePage>, ApiError> {
    let (from, to) = (query.from.map(|date| date.0), query.to.map(|date| date.0));
    let closures = state.store.read(move |tx| tx.closures(BusinessId::FIRST, from, to)).await?;
    Ok(axum::Json(Page::only(closures)))
}

/// Add a closure.
///
/// Existing appointments during the closure are not changed.
#[utoipa::path(post, path = "/api/closures", tag = "booking", operation_id = "create_closure",
    request_body = CreateClosureRequest, responses((status = 201, body = Closure)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateClosureRequest>,
) -> Result<(StatusCode, Tagged<Closure>), ApiError> {
    let (by, now) = (actor.id, clock::now());
    let add = move |tx: &WriteTx<'_>| {
        let dates = (new.from_date.0, new.to_date.0);
        closures::add(tx, BusinessId::FIRST, by, dates, &new.into(), now)
    };
    actor.create(&state.store, Kind::CLOSURE, &key, add, view_of).await
}

/// Get a closure.
#[utoipa::path(get, path = "/api/closures/{id}", tag = "booking", operation_id = "get_closure", params(("id" = i64, Path)),
    responses((status = 200, body = Closure)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<Closure>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, ClosureId(id))).await?))
}

/// Change a closure.
#[utoipa::path(patch, path = "/api/closures/{id}", tag = "booking", operation_id = "update_closure",
    params(("id" = i64, Path)), request_body = UpdateClosureRequest, responses((status = 200, body = Closure)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateClosureRequest>,
) -> Result<Tagged<Closure>, ApiError> {
    let (id, now) = (ClosureId(id), clock::now());
    let change = move |tx: &WriteTx<'_>| closures::change(tx, id, &change.into(), now);
    if_match.edit(&actor, &state.store, move |tx| view_of(tx, id), change).await
}

/// Delete a closure.
#[utoipa::path(delete, path = "/api/closures/{id}", tag = "booking", operation_id = "delete_closure",
    params(("id" = i64, Path)), responses((status = 200, description = "The closure was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = ClosureId(id);
    let delete = move |tx: &WriteTx<'_>| closures::delete(tx, id);
    if_match.delete(&actor, &state.store, move |tx| view_of(tx, id), delete).await?;
    Ok(OkResponse::OK)
}

fn view_of(tx: &ReadTx<'_>, id: ClosureId) -> Result<Closure, crm::Error> {
    Ok(closures::find(tx, id)?.into())
}
