//! The waiting list.

mod view;

use super::OkResponse;
use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::waiting_list;
use crate::domain::{BusinessId, ContactId, ResourceId, ServiceId, WaitingId};
use crate::http::auth::Member;
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::NewWaitingEntry;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateWaitingEntryRequest, WaitingEntry, WaitingEntryPage};

pub(super) fn operations() -> Operations {
    operations![list, create, remove]
}

/// Which page of the waiting list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitingListQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List the contacts who wait for an appointment, longest first.
#[utoipa::path(get, path = "/api/waiting-list", tag = "booking", operation_id = "list_waiting_entries",
    params(WaitingListQuery), responses((status = 200, body = WaitingEntryPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<WaitingListQuery>,
) -> Result<axum::Json<WaitingEntryPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (entries, next) = state.store.read(move |tx| tx.waiting_list(BusinessId::FIRST, after, limit)).await?;
    Ok(axum::Json(Page::new(entries, next)))
}

/// Add a contact to the waiting list.
#[utoipa::path(post, path = "/api/waiting-list", tag = "booking", operation_id = "add_waiting_entry",
    request_body = CreateWaitingEntryRequest,
    responses((status = 201, body = WaitingEntry), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    Json(new): Json<CreateWaitingEntryRequest>,
) -> Result<(StatusCode, axum::Json<WaitingEntry>), ApiError> {
    let (now, recorder) = (clock::now(), actor.clone());
    let added = actor.transact(&state.store, move |tx| {
        let entry = NewWaitingEntry {
            contact: ContactId(new.contact_id),
            service: ServiceId(new.service_id),
            resource: new.resource_id.map(ResourceId),
            from_date: new.from_date.0,
            to_date: new.to_date.0,
            note: new.note.as_deref().unwrap_or_default(),
        };
        let id = waiting_list::add(tx, BusinessId::FIRST, recorder.id, &entry, now)?;
        recorder.set_audit_subject(format!("waiting-list:{id}"));
        waiting_list::find(tx, id)
    });
    Ok((StatusCode::CREATED, axum::Json(added.await?.into())))
}

/// Remove an entry of the waiting list.
#[utoipa::path(delete, path = "/api/waiting-list/{id}", tag = "booking", operation_id = "remove_waiting_entry",
    params(("id" = i64, Path)), responses((status = 200, body = OkResponse)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    actor.transact(&state.store, move |tx| waiting_list::remove(tx, WaitingId(id))).await?;
    Ok(OkResponse::OK)
}
