//! Contacts: their details, blocking, custom field values and merges.

pub(super) mod numbers;
pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::{OkResponse, views};
use crate::clock;
use crate::crm::contact::{self, ContactUpdate};
use crate::crm::idempotency::Kind;
use crate::crm::{self, custom_field};
use crate::domain::{self, AppointmentState, BusinessId, ContactId, ContactSort, FieldId, TagId, TextCursor};
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Ids, Json, Query, SearchWords};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{self, AppointmentFilter, ContactFilter, ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{
    BlockRequest, ContactDetail, ContactPage, ContactRelation, CreateContactRequest, MergeRequest, MergeResponse,
    OptOutRequest, RelationRequest, SetFieldRequest, SortOrder, UpdateContactRequest,
};

pub(super) fn operations() -> Operations {
    operations![list, create, show, update, set_opt_out, set_block, set_relation, set_field, merge, undo_merge]
}

/// Filters for contacts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ContactQuery {
    /// The id of the business; 1 by default.
    business_id: Option<i64>,
    /// A part of a contact's name or address.
    #[param(value_type = Option<String>, max_length = 500)]
    q: Option<SearchWords>,
    /// Only contacts with this tag.
    tag_id: Option<i64>,
    /// Only blocked contacts (true), or only contacts that are not blocked (false); all by default.
    blocked: Option<bool>,
    /// Only contacts with this relation to the business.
    #[param(inline)]
    relation: Option<ContactRelation>,
    /// The order; `activity` by default.
    #[param(inline)]
    sort: Option<SortOrder>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// The `next_cursor` of the previous page. Use it with the same `sort` as that page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam<TextCursor>>,
}

/// List contacts, by default those with the newest activity first.
#[utoipa::path(get, path = "/api/contacts", tag = "contacts", operation_id = "list_contacts", params(ContactQuery),
    responses((status = 200, body = ContactPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<ContactQuery>,
) -> Result<axum::Json<ContactPage>, ApiError> {
    let filter = ContactFilter {
        business: query.business_id.map_or(BusinessId::FIRST, BusinessId),
        words: query.q.map(|words| words.0),
        tag: query.tag_id.map(TagId),
        blocked: query.blocked,
        relation: query.relation.map(|relation| relation.0),
        sort: query.sort.map_or(ContactSort::Activity, |sort| sort.0),
    };
    let (after, limit, searches) = (query.cursor.map(|after| after.0), query.limit.0, filter.words.is_some());
    let page = move |tx: &ReadTx<'_>| tx.contacts(&filter, after.as_ref(), limit);
    let (contacts, next) = if searches { state.store.read_long(page).await? } else { state.store.read(page).await? };
    Ok(axum::Json(Page::new(contacts, next)))
}

/// Add a contact with a phone number.
#[utoipa::path(post, path = "/api/contacts", tag = "contacts", operation_id = "create_contact", request_body = CreateContactRequest,
    responses((status = 201, body = ContactDetail),
        (status = 409, body = ErrorBody, description = "`number_taken`: a contact has this number, `params.contact_id`.")))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    key: IdempotencyKey,
    Json(new): Json<CreateContactRequest>,
) -> Result<(StatusCode, Tagged<ContactDetail>), ApiError> {
    let number = numbers::parse(&state, &new.number)?;
    let now = clock::now();
    let create = move |tx: &WriteTx<'_>| contact::create(tx, &new.display_name, &number, now);
    actor.create(&state.store, Kind::CONTACT, &key, create, detail).await
}

/// Get a contact.
///
/// The id of a merged contact returns the contact into which it was merged.
#[utoipa::path(get, path = "/api/contacts/{id}", tag = "contacts", operation_id = "get_contact", params(("id" = i64, Path)),
    responses((status = 200, body = ContactDetail)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<ContactDetail>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| detail(tx, ContactId(id))).await?))
}

pub(super) fn detail(tx: &ReadTx<'_>, id: ContactId) -> Result<ContactDetail, crm::Error> {
    let contact = contact::find(tx, id)?;
    let id = contact.id;
    Ok(ContactDetail {
        language: contact.language.clone(),
        contact: contact.into(),
        addresses: views(tx.addresses(id)?),
        threads: views(tx.threads_of(id)?),
        fields: views(tx.field_values(id)?),
        merged: views(tx.merges_into(id)?),
        opt_out: tx.opt_out(id)?.map(Into::into),
        open_tasks: tx.open_task_count(id)?,
        next_appointment: next_appointment(tx, id)?.map(Into::into),
    })
}

fn next_appointment(tx: &ReadTx<'_>, contact: ContactId) -> store::Result<Option<domain::Appointment>> {
    let filter = AppointmentFilter {
        business: BusinessId::FIRST,
        from: Some(clock::now()),
        to: None,
        contact: Some(contact),
        resource: None,
        state: Some(AppointmentState::Booked),
    };
    Ok(tx.appointments(&filter, None, 1)?.0.into_iter().next())
}

/// Change the name or the language of a contact.
#[utoipa::path(patch, path = "/api/contacts/{id}", tag = "contacts", operation_id = "update_contact",
    params(("id" = i64, Path)), request_body = UpdateContactRequest, responses((status = 200, body = ContactDetail)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateContactRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, now) = (ContactId(id), clock::now());
    let change = ContactUpdate { name: change.display_name, language: change.language };
    let update = move |tx: &WriteTx<'_>| contact::update(tx, id, &change, now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), update).await
}

/// Set whether a contact receives messages.
///
/// A contact also opts out by a message that consists of a word such as "STOP" or "הסר", and in again by one such as
/// "START" or "התחל". The newest decision counts. Other messages of the contact do not change it.
///
/// If the contact has opted out, a request to send a message to the contact answers 422 `contact_opted_out`.
#[utoipa::path(put, path = "/api/contacts/{id}/opt-out", tag = "contacts", operation_id = "set_contact_opt_out",
    params(("id" = i64, Path)), request_body = OptOutRequest, responses((status = 200, body = ContactDetail)))]
pub(super) async fn set_opt_out(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<OptOutRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, by, now) = (ContactId(id), actor.id, clock::now());
    let set = move |tx: &WriteTx<'_>| contact::set_opted_out(tx, by, id, change.opted_out, now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), set).await
}

/// Block or unblock a contact.
///
/// Calls of a blocked contact are rejected with a busy tone. Messages are stored, but do not count as unread or waiting
/// for an answer. Blocking marks the contact's conversation as read and done, and archives it; unblocking moves it out
/// of the archive.
#[utoipa::path(put, path = "/api/contacts/{id}/block", tag = "contacts", operation_id = "set_contact_block",
    params(("id" = i64, Path)), request_body = BlockRequest,
    responses((status = 200, body = ContactDetail),
        (status = 409, body = ErrorBody, description = "`no_address`: the contact has no number or address by which it could be recognised.")))]
pub(super) async fn set_block(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<BlockRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, by, now) = (ContactId(id), actor.id, clock::now());
    let set = move |tx: &WriteTx<'_>| contact::set_blocked(tx, by, id, change.blocked, now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), set).await
}

/// Set what a contact is to the business.
///
/// The calls of a VIP ring at the phones of the staff first, at any hour, if there is one and the owner has
/// not chosen that the agent answers. The agent treats a contact of the staff as a colleague; such a contact gets no
/// confirmations and no messages about missed calls, and is no lead.
#[utoipa::path(put, path = "/api/contacts/{id}/relation", tag = "contacts", operation_id = "set_contact_relation",
    params(("id" = i64, Path)), request_body = RelationRequest,
    responses((status = 200, body = ContactDetail),
        (status = 409, body = ErrorBody, description = "`no_address`: the contact has no number or address by which it could be recognised.")))]
pub(super) async fn set_relation(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<RelationRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, now) = (ContactId(id), clock::now());
    let set = move |tx: &WriteTx<'_>| contact::set_relation(tx, id, change.relation.0, now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), set).await
}

/// Set or remove a contact's value of a custom field.
#[utoipa::path(put, path = "/api/contacts/{id}/fields/{field_id}", tag = "contacts", operation_id = "set_contact_field",
    params(("id" = i64, Path), ("field_id" = i64, Path)), request_body = SetFieldRequest,
    responses((status = 200, body = ContactDetail)))]
pub(super) async fn set_field(
    State(state): State<AppState>,
    Member(actor): Member,
    Ids(id, field): Ids,
    if_match: IfMatch,
    Json(change): Json<SetFieldRequest>,
) -> Result<Tagged<ContactDetail>, ApiError> {
    let (id, field, now) = (ContactId(id), FieldId(field), clock::now());
    let set = move |tx: &WriteTx<'_>| custom_field::set_value(tx, id, field, change.value.as_deref(), now);
    if_match.edit(&actor, &state.store, move |tx| detail(tx, id), set).await
}

/// Merge another contact into the contact of the path.
///
/// Of data of which a contact has one value, the contact of the path keeps its own, unless `take` names it. An undo of
/// the merge restores the values that were replaced, unless they were changed since. `If-Match` is compared with the
/// contact of the path.
#[utoipa::path(post, path = "/api/contacts/{id}/merge", tag = "contacts", operation_id = "merge_contacts",
    params(("id" = i64, Path)), request_body = MergeRequest,
    responses((status = 200, body = MergeResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn merge(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(request): Json<MergeRequest>,
) -> Result<axum::Json<MergeResponse>, ApiError> {
    let (kept, merged, now) = (ContactId(id), ContactId(request.contact_id), clock::now());
    let (by, choices) = (actor.id, domain::MergeChoices::from(request.take.unwrap_or_default()));
    let merge = move |tx: &WriteTx<'_>| contact::merge(tx, by, kept, merged, &choices, now);
    let merge_id = if_match.apply(&actor, &state.store, move |tx| detail(tx, kept), merge).await?;
    Ok(axum::Json(MergeResponse::new(merge_id)))
}

/// Undo a contact merge.
#[utoipa::path(post, path = "/api/merges/{id}/undo", tag = "contacts", operation_id = "undo_contact_merge",
    params(("id" = i64, Path)), responses((status = 200, description = "The contacts are separate again.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`later_merge`: the merge `params.merge_id` must be undone first.")))]
pub(super) async fn undo_merge(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| contact::undo_merge(tx, actor.id, id, now)).await?;
    Ok(OkResponse::OK)
}
