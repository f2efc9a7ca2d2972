//! Ends running calls.

use crate::clock;
use crate::crm;
use crate::crm::call::{self, Completed};
use crate::domain::{CallId, CallSid};
use crate::http::api::OkResponse;
use crate::http::api::twilio_error::twilio_error;
use crate::http::auth::Member;
use crate::http::extract::Id;
use crate::http::{ApiError, AppState, ErrorBody};
use axum::extract::State;

/// End a running call.
///
/// If the caller talks with the agent, the agent stops speaking and the caller hears a short goodbye; a second request skips it.
/// Any other call, such as one that was put through, is ended by Twilio at once.
#[utoipa::path(post, path = "/api/calls/{id}/hang-up", tag = "calls", operation_id = "hang_up_call", params(("id" = i64, Path)),
    responses((status = 200, body = OkResponse),
        (status = 409, body = ErrorBody, description = "`call_over`, `twilio_not_configured`."),
        (status = 502, body = ErrorBody, description = "Twilio refuses the request: `twilio_refused`."),
        (status = 503, body = ErrorBody, description = "`twilio_unreachable`.")))]
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
        // The call remains as it is if Twilio does not end it.
        let completed = complete(&state, &sid).await?;
        actor.transact(&state.store, move |tx| call::record_completed(tx, id, by, completed, now)).await?;
    }
    Ok(OkResponse::OK)
}

/// Ends a call at Twilio.
async fn complete(state: &AppState, sid: &CallSid) -> Result<Completed, ApiError> {
    match state.calls.complete(sid).await {
        Ok(()) => Ok(Completed::Now),
        Err(error) if error.is_call_over() => Ok(Completed::Before),
        Err(error) => Err(twilio_error(&error, ", and the call goes on")),
    }
}
