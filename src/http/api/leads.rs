//! Leads: possible sales.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm;
use crate::crm::idempotency::Kind;
use crate::crm::lead::{self, NewLead};
use crate::domain::{BusinessId, ContactId, LeadId, StageId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateLeadRequest, Lead, LeadPage, UpdateLeadRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, update, delete]
}

/// Filters for leads.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadQuery {
    /// Only leads in this stage.
    stage_id: Option<i64>,
    /// Only leads of this contact.
    contact_id: Option<i64>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

fn shown(tx: &ReadTx<'_>, id: LeadId) -> Result<Lead, crm::Error> {
    Ok(lead::find(tx, id)?.into())
}

/// List leads, newest first.
#[utoipa::path(get, path = "/api/leads", tag = "leads", operation_id = "list_leads", params(LeadQuery),
    responses((status = 200, body = LeadPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<LeadQuery>,
) -> Result<axum::Json<LeadPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let read = move |tx: &ReadTx<'_>| {
        let contact = query.contact_id.map(|id| tx.kept_contact(ContactId(id))).transpose()?;
        tx.leads(BusinessId::FIRST, (query.stage_id.map(StageId), contact), after, limit)
    };
    let (leads, next) = state.store.read(read).await?;
    Ok(axum::Json(Page::new(leads, next)))
}

/// Add a lead.
#[utoipa::path(post, path = "/api/leads", tag = "leads", operation_id = "create_lead", request_body = CreateLeadRequest,
    responses((status = 201, body = Lead),
        (status = 404, body = ErrorBody, description = "The contact or the stage does not exist.")))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateLeadRequest>,
) -> Result<(StatusCode, Tagged<Lead>), ApiError> {
    let (by, now) = (actor.id, clock::now());
    let new = NewLead {
        contact: ContactId(new.contact_id),
        title: new.title,
        stage: new.stage_id.map(StageId),
        value_minor: new.value_minor,
        source: new.source.unwrap_or_default(),
    };
    actor.create(&state.store, Kind::LEAD, &key, move |tx| lead::create(tx, by, new, now), shown).await
}

/// Get a lead.
#[utoipa::path(get, path = "/api/leads/{id}", tag = "leads", operation_id = "get_lead", params(("id" = i64, Path)),
    responses((status = 200, body = Lead)))]
pub(super) async fn show(State(state): State<AppState>, _member: Member, Id(id): Id) -> Result<Tagged<Lead>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| shown(tx, LeadId(id))).await?))
}

/// Change a lead, or move it to another stage.
#[utoipa::path(patch, path = "/api/leads/{id}", tag = "leads", operation_id = "update_lead", params(("id" = i64, Path)),
    request_body = UpdateLeadRequest, responses((status = 200, body = Lead)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateLeadRequest>,
) -> Result<Tagged<Lead>, ApiError> {
    let (id, now) = (LeadId(id), clock::now());
    let update = move |tx: &WriteTx<'_>| lead::update(tx, id, |content| change.apply(content), now);
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Delete a lead.
#[utoipa::path(delete, path = "/api/leads/{id}", tag = "leads", operation_id = "delete_lead", params(("id" = i64, Path)),
    responses((status = 200, description = "The lead was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = LeadId(id);
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), move |tx| lead::delete(tx, id)).await?;
    Ok(OkResponse::OK)
}
