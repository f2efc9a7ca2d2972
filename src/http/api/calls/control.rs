//! Ends running calls.

use crate::clock;
use crate::crm;
use crate::crm::call;
use crate::domain::CallId;
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
    let has_task = state.calls.is_active(&sid);
    if !has_task {
        // The call remains as it is if Twilio does not end it.
        complete(&state, &sid).await?;
    }
    actor.transact(&state.store, move |tx| call::hang_up(tx, id, by, !has_task, now)).await?;
    if has_task && !state.calls.end_by_employee(&sid) {
        complete(&state, &sid).await?;
    }
    Ok(OkResponse::OK)
}

/// Ends a call at Twilio; one that is over there is ended here as well.
async fn complete(state: &AppState, sid: &crate::domain::CallSid) -> Result<(), ApiError> {
    match state.calls.complete(sid).await {
        Err(error) if !error.is_call_over() => Err(twilio_error(&error, ", and the call goes on")),
        Ok(()) | Err(_) => Ok(()),
    }
}
