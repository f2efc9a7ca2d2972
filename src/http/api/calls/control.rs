//! Actions on running calls: hang up, transfer, and send a hint to the agent.

use super::view::HintRequest;
use crate::clock;
use crate::crm;
use crate::crm::call::{self, Completed};
use crate::domain::{CallId, CallSid};
use crate::http::api::response::OkResponse;
use crate::http::api::twilio_error::twilio_error;
use crate::http::auth::Member;
use crate::http::extract::{Id, Json};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::TransferAnswer;
use axum::extract::State;
use axum::http::StatusCode;

/// End a running call.
///
/// A caller who is connected to the agent or to voicemail, or through the browser to an employee, first hears a short
/// goodbye; a second request skips the goodbye. Any other call, such as one that was transferred, ends immediately.
#[utoipa::path(post, path = "/api/calls/{id}/hang-up", tag = "calls", operation_id = "hang_up_call", params(("id" = i64, Path)),
    responses((status = 200, description = "The call is being ended.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "The call has ended (`call_over`), or no Twilio account is set up (`twilio_not_configured`)."),
        (status = 502, body = ErrorBody, description = "Twilio refuses the request: `twilio_refused`."),
        (status = 503, body = ErrorBody, description = "Twilio cannot be reached: `twilio_unreachable`.")))]
pub(super) async fn hang_up(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, by, now) = (CallId(id), actor.id, clock::now());
    let sid = crm::read(&state.store, move |tx| call::find_running(tx, id)).await?.call_sid;
    if state.calls.is_active(&sid) {
        actor.transact(&state.store, move |tx| call::hang_up(tx, id, by, now)).await?;
        if !state.calls.end_by_employee(&sid) {
            complete(&state, &sid).await?;
        }
    } else {
        // If Twilio rejects the request, the call is not recorded as completed.
        let completed = complete(&state, &sid).await?;
        actor.transact(&state.store, move |tx| call::record_completed(tx, id, by, completed, now)).await?;
    }
    Ok(OkResponse::OK)
}

/// Transfer a running call to a person, at the number `agent.transfer_to`.
///
/// The agent stops speaking and asks the caller to wait, unless the call rings in the page. If the transfer is not answered, the agent continues the call.
#[utoipa::path(post, path = "/api/calls/{id}/transfer", tag = "calls", operation_id = "transfer_call", params(("id" = i64, Path)),
    responses((status = 200, description = "The call is being transferred.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`call_over`; `no_agent`: the caller does not talk with the agent; or \
            `no_transfer_number`: no number is set, or the call came from it.")))]
pub(super) async fn transfer(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = CallId(id);
    actor.set_audit_subject(format!("call:{}", id.0));
    let sid = crm::read(&state.store, move |tx| call::find_running(tx, id)).await?.call_sid;
    match state.calls.transfer(&sid).await {
        TransferAnswer::Rings => Ok(OkResponse::OK),
        TransferAnswer::NoAgent => Err(no_agent("The caller does not talk with the agent now")),
        TransferAnswer::NoNumber => {
            let message = "No number is set to which this call may be transferred (agent.transfer_to)";
            Err(ApiError::new(StatusCode::CONFLICT, "no_transfer_number", message))
        }
    }
}

/// Send a hint to the agent of a running call; the caller does not hear it.
///
/// The agent uses the hint from its next answer on; its current utterance is not interrupted. The transcript of the
/// call contains the hint as a turn with the speaker `system`.
#[utoipa::path(post, path = "/api/calls/{id}/hints", tag = "calls", operation_id = "hint_call", params(("id" = i64, Path)),
    request_body = HintRequest, responses((status = 200, description = "The hint was given to the agent.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`call_over`, or `no_agent`: the greeting plays, or the call is with voicemail, \
            with a person, or with Twilio alone.")))]
pub(super) async fn hint(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    Json(HintRequest { text }): Json<HintRequest>,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = CallId(id);
    let text = call::hint_text(&text)?;
    actor.set_audit_subject(format!("call:{}", id.0));
    let sid = crm::read(&state.store, move |tx| call::find_running(tx, id)).await?.call_sid;
    if !state.calls.hint(&sid, text).await {
        return Err(no_agent("The agent does not talk with the caller now, so it cannot use a hint"));
    }
    Ok(OkResponse::OK)
}

pub(super) fn no_agent(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "no_agent", message)
}

/// Returns whether the call ended now, or was over before the request.
async fn complete(state: &AppState, sid: &CallSid) -> Result<Completed, ApiError> {
    match state.calls.complete(sid).await {
        Ok(()) => Ok(Completed::Now),
        Err(error) if error.is_call_over() => Ok(Completed::Before),
        Err(error) => Err(twilio_error(&error, ", and the call continues")),
    }
}
