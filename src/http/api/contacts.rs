//! People.

pub(super) mod view;

use super::OkResponse;
use super::operation::{Operations, operations};
use super::views;
use crate::clock;
use crate::crm::{self, contact};
use crate::domain::{BusinessId, ContactId};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::search_words::SearchWords;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use serde::Deserialize;
use view::{ContactDetail, ContactPage, MergeRequest, MergeResponse, RenameContactRequest};

pub(super) fn operations() -> Operations {
    operations![list, show, rename, merge, undo_merge]
}

/// Filters for contacts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ContactQuery {
    /// The business; 1 by default.
    business_id: Option<i64>,
    /// A part of the name or of an address.
    #[param(value_type = Option<String>, max_length = 500)]
    q: Option<SearchWords>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List contacts, newest first.
#[utoipa::path(get, path = "/api/contacts", tag = "contacts", operation_id = "list_contacts", params(ContactQuery),
    responses((status = 200, body = ContactPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ContactQuery>,
) -> Result<axum::Json<ContactPage>, ApiError> {
    let business = query.business_id.map_or(BusinessId::FIRST, BusinessId);
    let (after, limit, words) = (query.cursor.map(|after| after.0), query.limit.0, query.q.map(|words| words.0));
    let searches = words.is_some();
    let page = move |tx: &ReadTx<'_>| tx.contacts(business, words.as_deref(), after, limit);
    let (contacts, next) = if searches { state.store.read_long(page).await? } else { state.store.read(page).await? };
    Ok(axum::Json(Page::new(contacts, next)))
}

/// Get a contact; of merged contacts, the one that was kept.
#[utoipa::path(get, path = "/api/contacts/{id}", tag = "contacts", operation_id = "get_contact", params(("id" = i64, Path)),
    responses((status = 200, body = ContactDetail)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<ContactDetail>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| detail(tx, ContactId(id))).await?))
}

fn detail(tx: &ReadTx<'_>, id: ContactId) -> Result<ContactDetail, crm::Error> {
    let contact = contact::find(tx, id)?;
    let (addresses, threads) = (tx.addresses(contact.id)?, tx.threads_of(contact.id)?);
    Ok(ContactDetail { contact: contact.into(), addresses: views(addresses), threads: views(threads) })
}

/// Rename a contact.
#[utoipa::path(patch, path = "/api/contacts/{id}", tag = "contacts", operation_id = "rename_contact",
    params(("id" = i64, Path)), request_body = RenameContactRequest, responses((status = 200, body = ContactDetail)))]
pub(super) async fn rename(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<RenameContactRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, now) = (ContactId(id), clock::now());
    let rename = move |tx: &WriteTx<'_>| contact::rename(tx, id, &change.display_name, now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), rename).await
}

/// Merge another contact into this one.
#[utoipa::path(post, path = "/api/contacts/{id}/merge", tag = "contacts", operation_id = "merge_contacts",
    params(("id" = i64, Path)), request_body = MergeRequest,
    responses((status = 200, body = MergeResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn merge(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Json(request): Json<MergeRequest>,
) -> Result<axum::Json<MergeResponse>, ApiError> {
    let (kept, merged, now) = (ContactId(id), ContactId(request.contact_id), clock::now());
    let merge_id = actor.transact(&state.store, move |tx| contact::merge(tx, actor.id, kept, merged, now)).await?;
    Ok(axum::Json(MergeResponse::new(merge_id)))
}

/// Undo a contact merge.
#[utoipa::path(post, path = "/api/merges/{id}/undo", tag = "contacts", operation_id = "undo_contact_merge",
    params(("id" = i64, Path)), responses((status = 200, body = OkResponse)))]
pub(super) async fn undo_merge(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| contact::undo_merge(tx, actor.id, id, now)).await?;
    Ok(OkResponse::OK)
}
