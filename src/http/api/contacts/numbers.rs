//! The phone numbers of a contact.

use super::view::{AddNumberRequest, Address, UpdateNumberRequest};
use crate::clock;
use crate::crm;
use crate::crm::contact::number::{self, AddedNumber, NumberUpdate};
use crate::domain::{AddressId, ContactId, PhoneNumber};
use crate::http::api::operation::{Operations, operations};
use crate::http::api::response::OkResponse;
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Ids, Json};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;

pub(in crate::http::api) fn operations() -> Operations {
    operations![add, change, remove]
}

/// Add a number to a contact, or restore a number that was removed.
///
/// A new number becomes the contact's main number, unless `former_at` is set. With `restored_id`, the number is
/// restored to its former position, as the main number if `main` is true; with `former_at`, it is added as a former
/// number. A former number of the contact becomes current again, and a current number with `former_at` becomes a former
/// one.
#[utoipa::path(post, path = "/api/contacts/{id}/numbers", tag = "contacts", operation_id = "add_contact_number",
    params(("id" = i64, Path)), request_body = AddNumberRequest,
    responses((status = 201, body = Address),
        (status = 409, body = ErrorBody, description = "`number_taken`: another contact has this number, `params.contact_id`; `conflict`: this contact has it already.")))]
pub(in crate::http::api) async fn add(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Json(new): Json<AddNumberRequest>,
) -> Result<(StatusCode, Tagged<Address>), ApiError> {
    let (contact, now) = (ContactId(id), clock::now());
    if new.restored_id.is_some_and(|id| id < 1) {
        return Err(ApiError::invalid("restored_id must be the id of a removed number").with_field("restored_id"));
    }
    let added = AddedNumber {
        number: parse(&state, &new.number)?,
        former_at: new.former_at,
        restored: new.restored_id.map(AddressId),
        main: new.main.unwrap_or(false),
    };
    let recorder = actor.clone();
    let added = actor.transact(&state.store, move |tx| {
        let id = number::add(tx, contact, &added, now)?;
        recorder.set_audit_subject(format!("contact:{contact}"));
        show(tx, contact, id)
    });
    Ok((StatusCode::CREATED, Tagged(added.await?)))
}

/// Correct a number of a contact, or make it the main number.
///
/// The contact is called at its main number. Conversations and queued messages move to a corrected number. A conversation
/// stays at the number from which the contact wrote while that number is current.
#[utoipa::path(patch, path = "/api/contacts/{id}/numbers/{number_id}", tag = "contacts",
    operation_id = "update_contact_number", params(("id" = i64, Path), ("number_id" = i64, Path)),
    request_body = UpdateNumberRequest,
    responses((status = 200, body = Address),
        (status = 409, body = ErrorBody, description = "`number_taken`: another contact has this number, `params.contact_id`; `conflict`: this contact has it already, or a former number cannot be the main one.")))]
pub(in crate::http::api) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Ids(contact, id): Ids,
    if_match: IfMatch,
    Json(change): Json<UpdateNumberRequest>,
) -> Result<Tagged<Address>, ApiError> {
    let (contact, id, now) = (ContactId(contact), AddressId(id), clock::now());
    let number = change.number.as_deref().map(|number| parse(&state, number)).transpose()?;
    if change.main == Some(false) {
        let message = "main can only be true: make another number of the contact the main number instead";
        return Err(ApiError::invalid(message).with_field("main"));
    }
    let update = NumberUpdate { number, main: change.main.unwrap_or(false) };
    let change = move |tx: &WriteTx<'_>| number::change(tx, contact, id, &update, now);
    if_match.edit(&actor, &state.store, move |tx| show(tx, contact, id), change).await
}

/// Remove a number of a contact.
///
/// The next message or call from the number creates a new contact.
#[utoipa::path(delete, path = "/api/contacts/{id}/numbers/{number_id}", tag = "contacts",
    operation_id = "remove_contact_number", params(("id" = i64, Path), ("number_id" = i64, Path)),
    responses((status = 200, description = "The number was removed.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`last_address`: a contact keeps its last number or address.")))]
pub(in crate::http::api) async fn remove(
    State(state): State<AppState>,
    Member(actor): Member,
    Ids(contact, id): Ids,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (contact, id) = (ContactId(contact), AddressId(id));
    let remove = move |tx: &WriteTx<'_>| number::remove(tx, contact, id);
    if_match.delete(&actor, &state.store, move |tx| show(tx, contact, id), remove).await?;
    Ok(OkResponse::OK)
}

fn show(tx: &ReadTx<'_>, contact: ContactId, id: AddressId) -> Result<Address, crm::Error> {
    Ok(number::find(tx, contact, id)?.into())
}

/// A number without a country code is read in the country of the business.
pub(super) fn parse(state: &AppState, number: &str) -> Result<PhoneNumber, ApiError> {
    let number = PhoneNumber::parse_new(number, state.config().business.country);
    number.map_err(|error| ApiError::invalid(error.to_string()).with_field("number"))
}
