//! The waiting list for appointments.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::idempotency::Kind;
use crate::crm::{self, waiting_list};
use crate::domain::{BusinessId, ContactId, ResourceId, ServiceId, WaitingId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{NewWaitingEntry, ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{CreateWaitingEntryRequest, UpdateWaitingEntryRequest, WaitingEntry, WaitingEntryPage};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, remove]
}

/// The page of the waiting list to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitingListQuery {
    /// Only entries of this contact.
    contact_id: Option<i64>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List the waiting list, longest wait first.
///
/// Each entry contains the first suitable free time, and an appointment of the contact that may make the entry
/// obsolete.
#[utoipa::path(get, path = "/api/waiting-list", tag = "booking", operation_id = "list_waiting_entries",
    params(WaitingListQuery), responses((status = 200, body = WaitingEntryPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<WaitingListQuery>,
) -> Result<axum::Json<WaitingEntryPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (zone, now) = (state.config().business.time_zone.clone(), clock::now());
    let read = crm::read(&state.store, move |tx| {
        let contact = query.contact_id.map(|id| tx.kept_contact(ContactId(id))).transpose()?;
        let (entries, next) = tx.waiting_list(BusinessId::FIRST, contact, after, limit)?;
        Ok((waiting_list::with_prospects(tx, BusinessId::FIRST, entries, &zone, now)?, next))
    });
    let (entries, next) = read.await?;
    Ok(axum::Json(Page::new(entries, next)))
}

/// Add a contact to the waiting list.
#[utoipa::path(post, path = "/api/waiting-list", tag = "booking", operation_id = "create_waiting_entry",
    request_body = CreateWaitingEntryRequest,
    responses((status = 201, body = WaitingEntry), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateWaitingEntryRequest>,
) -> Result<(StatusCode, Tagged<WaitingEntry>), ApiError> {
    let (now, adds, show) = (clock::now(), actor.id, view_of(&state));
    let zone = state.config().business.time_zone.clone();
    let add = move |tx: &WriteTx<'_>| {
        let entry = NewWaitingEntry {
            contact: ContactId(new.contact_id),
            service: ServiceId(new.service_id),
            resource: new.resource_id.map(ResourceId),
            from_date: new.from_date.0,
            to_date: new.to_date.0,
            note: new.note.as_deref().unwrap_or_default(),
        };
        waiting_list::add(tx, BusinessId::FIRST, adds, &entry, new.waiting_since, (&zone, now))
    };
    actor.create(&state.store, Kind::WAITING_ENTRY, &key, add, move |tx, id| show(tx, id)).await
}

/// Get an entry of the waiting list.
#[utoipa::path(get, path = "/api/waiting-list/{id}", tag = "booking", operation_id = "get_waiting_entry",
    params(("id" = i64, Path)), responses((status = 200, body = WaitingEntry)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<WaitingEntry>, ApiError> {
    let show = view_of(&state);
    Ok(Tagged(crm::read(&state.store, move |tx| show(tx, WaitingId(id))).await?))
}

/// Change an entry of the waiting list.
#[utoipa::path(patch, path = "/api/waiting-list/{id}", tag = "booking", operation_id = "update_waiting_entry",
    params(("id" = i64, Path)), request_body = UpdateWaitingEntryRequest,
    responses((status = 200, body = WaitingEntry), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateWaitingEntryRequest>,
) -> Result<Tagged<WaitingEntry>, ApiError> {
    let (id, show) = (WaitingId(id), view_of(&state));
    let change = move |tx: &WriteTx<'_>| waiting_list::change(tx, id, &change.into());
    if_match.edit(&actor, &state.store, move |tx| show(tx, id), change).await
}

/// Remove an entry of the waiting list.
#[utoipa::path(delete, path = "/api/waiting-list/{id}", tag = "booking", operation_id = "delete_waiting_entry",
    params(("id" = i64, Path)), responses((status = 200, description = "The entry was removed.", body = OkResponse)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, show) = (WaitingId(id), view_of(&state));
    let remove = move |tx: &WriteTx<'_>| waiting_list::remove(tx, id);
    if_match.delete(&actor, &state.store, move |tx| show(tx, id), remove).await?;
    Ok(OkResponse::OK)
}

fn view_of(state: &AppState) -> impl Fn(&ReadTx<'_>, WaitingId) -> Result<WaitingEntry, crm::Error> + Send + 'static {
    let (zone, now) = (state.config().business.time_zone.clone(), clock::now());
    move |tx, id| Ok(waiting_list::with_its_prospects(tx, BusinessId::FIRST, id, &zone, now)?.into())
}
