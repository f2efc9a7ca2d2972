//! The stages of leads.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm;
use crate::crm::idempotency::Kind;
use crate::crm::lead::{self, StageUpdate};
use crate::domain::{self, BusinessId, StageId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use view::{CreateLeadStageRequest, LeadStage, LeadStagePage, UpdateLeadStageRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, update, delete]
}

fn shown(tx: &ReadTx<'_>, id: StageId) -> Result<LeadStage, crm::Error> {
    Ok(lead::find_stage(tx, id)?.into())
}

/// List the stages of leads, in their order.
#[utoipa::path(get, path = "/api/lead-stages", tag = "leads", operation_id = "list_lead_stages",
    responses((status = 200, body = LeadStagePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<LeadStagePage>, ApiError> {
    Ok(axum::Json(Page::only(state.store.read(|tx| tx.lead_stages(BusinessId::FIRST)).await?)))
}

/// Add a stage of leads.
#[utoipa::path(post, path = "/api/lead-stages", tag = "leads", operation_id = "create_lead_stage",
    request_body = CreateLeadStageRequest, responses((status = 201, body = LeadStage), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateLeadStageRequest>,
) -> Result<(StatusCode, Tagged<LeadStage>), ApiError> {
    let outcome = new.outcome.map_or(domain::LeadOutcome::Open, |outcome| outcome.0);
    let create = move |tx: &WriteTx<'_>| lead::create_stage(tx, &new.name, outcome, new.position);
    actor.create(&state.store, Kind::LEAD_STAGE, &key, create, shown).await
}

/// Change a stage of leads.
#[utoipa::path(patch, path = "/api/lead-stages/{id}", tag = "leads", operation_id = "update_lead_stage",
    params(("id" = i64, Path)), request_body = UpdateLeadStageRequest, responses((status = 200, body = LeadStage)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateLeadStageRequest>,
) -> Result<Tagged<LeadStage>, ApiError> {
    let (id, now) = (StageId(id), clock::now());
    let outcome = change.outcome.map(|outcome| outcome.0);
    let change = StageUpdate { name: change.name, outcome, position: change.position };
    let update = move |tx: &WriteTx<'_>| lead::update_stage(tx, id, change, now);
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Delete a stage without leads.
///
/// The only remaining stage cannot be deleted either.
#[utoipa::path(delete, path = "/api/lead-stages/{id}", tag = "leads", operation_id = "delete_lead_stage",
    params(("id" = i64, Path)),
    responses((status = 200, description = "The stage was deleted.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = StageId(id);
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), move |tx| lead::delete_stage(tx, id)).await?;
    Ok(OkResponse::OK)
}
