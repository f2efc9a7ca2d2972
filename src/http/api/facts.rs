//! Facts about the business.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::fact;
use crate::crm::idempotency::Kind;
use crate::crm::{self};
use crate::domain::{BusinessId, FactId, FactSource};
use crate::http::auth::{Member, Owner};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateFactRequest, Fact, FactPage, UpdateFactRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, delete]
}

/// The page of facts to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FactQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List facts about the business, oldest first.
#[utoipa::path(get, path = "/api/facts", tag = "booking", operation_id = "list_facts", params(FactQuery),
    responses((status = 200, body = FactPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<FactQuery>,
) -> Result<axum::Json<FactPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (facts, next) = state.store.read(move |tx| tx.facts(BusinessId::FIRST, after, limit)).await?;
    Ok(axum::Json(Page::new(facts, next)))
}

/// Add a fact about the business.
#[utoipa::path(post, path = "/api/facts", tag = "booking", operation_id = "create_fact", request_body = CreateFactRequest,
    responses((status = 201, body = Fact)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Owner(actor): Owner,
    key: IdempotencyKey,
    Json(new): Json<CreateFactRequest>,
) -> Result<(StatusCode, Tagged<Fact>), ApiError> {
    let (by, now) = (actor.id, clock::now());
    let source = new.source.map_or(FactSource::User, |source| source.0);
    let add = move |tx: &WriteTx<'_>| fact::add(tx, BusinessId::FIRST, by, (&new.topic, &new.text), source, now);
    actor.create(&state.store, Kind::FACT, &key, add, view_of).await
}

/// Get a fact about the business.
#[utoipa::path(get, path = "/api/facts/{id}", tag = "booking", operation_id = "get_fact", params(("id" = i64, Path)),
    responses((status = 200, body = Fact)))]
pub(super) async fn show(State(state): State<AppState>, _member: Member, Id(id): Id) -> Result<Tagged<Fact>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, FactId(id))).await?))
}

/// Change a fact about the business.
#[utoipa::path(patch, path = "/api/facts/{id}", tag = "booking", operation_id = "update_fact",
    params(("id" = i64, Path)), request_body = UpdateFactRequest, responses((status = 200, body = Fact)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateFactRequest>,
) -> Result<Tagged<Fact>, ApiError> {
    let (id, now) = (FactId(id), clock::now());
    let change = move |tx: &WriteTx<'_>| fact::change(tx, id, &change.into(), now);
    if_match.edit(&actor, &state.store, move |tx| view_of(tx, id), change).await
}

/// Delete a fact about the business.
#[utoipa::path(delete, path = "/api/facts/{id}", tag = "booking", operation_id = "delete_fact",
    params(("id" = i64, Path)), responses((status = 200, description = "The fact was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = FactId(id);
    let delete = move |tx: &WriteTx<'_>| fact::delete(tx, id);
    if_match.delete(&actor, &state.store, move |tx| view_of(tx, id), delete).await?;
    Ok(OkResponse::OK)
}

fn view_of(tx: &ReadTx<'_>, id: FactId) -> Result<Fact, crm::Error> {
    Ok(fact::find(tx, id)?.into())
}
