//! Calls that the agent makes on request of an employee.

mod view;

use super::operation::{Operations, operations};
use super::response::{OkResponse, views};
use crate::clock;
use crate::crm::outbound_call;
use crate::domain::{CallId, ContactId};
use crate::http::auth::Member;
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::outbound_calls::{calling_hours, can_call};
use crate::runtime::outbox::new_chats;
use crate::store::{OutboundFilter, ReadTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use view::{OutboundCallPage, OutboundCalls, OutboundCallsRequest, OutboundState};

pub(super) fn operations() -> Operations {
    operations![request, list, cancel]
}

/// Let the agent call contacts.
///
/// The agent calls them one after another, within the hours that the settings allow (`agent.calls_from_hour`,
/// `agent.calls_until_hour`; in Israel not on the Sabbath or on holidays), and says the purpose in its first sentence.
/// An incoming call is returned only once, unless the call back has failed. An answering machine gets a message with the
/// purpose. After a busy line or no answer, the agent calls once more, half an hour later or in the next allowed hours. If
/// the contact is not reached then either, or the call cannot be made, or it is answered and the agent cannot talk or leave
/// a message, a task is created. If one of the contacts is refused, none is called.
#[utoipa::path(post, path = "/api/calls", tag = "calls", operation_id = "request_outbound_calls", request_body = OutboundCallsRequest,
    responses((status = 201, description = "The calls are planned.", body = OutboundCalls),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`contact_opted_out`, `contact_blocked`; `recipient_not_allowed`: a \
            premium-rate number, or another country (`whatsapp.new_chat_prefixes`); `own_number`: a number \
            of the business; `already_called`: a call to the contact is planned, or the missed call was returned; `invalid_phone`: there is no number to call; `no_caller_id`: no \
            number of the business is known; `no_engine`: no AI answers calls; `twilio_not_configured`; `conflict`: \
            the settings allow no calls.")))]
pub(super) async fn request(
    State(state): State<AppState>,
    Member(actor): Member,
    Json(wanted): Json<OutboundCallsRequest>,
) -> Result<(StatusCode, axum::Json<OutboundCalls>), ApiError> {
    let config = state.config();
    if config.twilio.credentials().is_none() {
        let message = "Twilio is not configured (twilio.account_sid and twilio.auth_token)";
        return Err(ApiError::new(StatusCode::CONFLICT, "twilio_not_configured", message));
    }
    if !can_call(&config) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "no_engine",
            "No AI engine is set that could talk with the contact",
        ));
    }
    let request = wanted.into_request(config.twilio.phone_number.clone(), new_chats(&config).prefixes)?;
    let (hours, country) = (calling_hours(&config), config.business.country);
    let (by, now) = (actor.id, clock::now());
    let requested = actor.transact(&state.store, move |tx| {
        let ids = outbound_call::request(tx, by, &request, country, &hours, now)?;
        ids.into_iter().map(|id| outbound_call::find(tx, id)).collect::<Result<Vec<_>, _>>()
    });
    let calls = requested.await?;
    state.outbound_changed.wake();
    Ok((StatusCode::CREATED, axum::Json(OutboundCalls { calls: views(calls) })))
}

/// Filters for outbound calls.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OutboundQuery {
    /// Only calls in this state.
    state: Option<OutboundState>,
    /// Only calls to this contact.
    contact_id: Option<i64>,
    /// Only calls that return this incoming call.
    missed_call_id: Option<i64>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List the calls that the agent was asked to make, newest first.
#[utoipa::path(get, path = "/api/outbound-calls", tag = "calls", operation_id = "list_outbound_calls",
    params(OutboundQuery), responses((status = 200, body = OutboundCallPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<OutboundQuery>,
) -> Result<axum::Json<OutboundCallPage>, ApiError> {
    let filter = OutboundFilter {
        state: query.state.map(|state| state.0),
        contact: query.contact_id.map(ContactId),
        missed_call: query.missed_call_id.map(CallId),
    };
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let read = move |tx: &ReadTx<'_>| {
        let contact = filter.contact.map(|id| tx.kept_contact(id)).transpose()?;
        tx.outbound_calls(&OutboundFilter { contact, ..filter }, after, limit)
    };
    let (found, next) = state.store.read(read).await?;
    Ok(axum::Json(Page::new(found, next)))
}

/// Cancel an outbound call that waits for its first or second attempt.
#[utoipa::path(delete, path = "/api/outbound-calls/{id}", tag = "calls", operation_id = "cancel_outbound_call",
    params(("id" = i64, Path)),
    responses((status = 200, description = "The agent will not call.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let now = clock::now();
    actor.transact(&state.store, move |tx| outbound_call::cancel(tx, id, now)).await?;
    Ok(OkResponse::OK)
}
