//! Restarts of the daemon, after which some changed settings take effect. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::host::systemd_notify;
use crate::http::auth::Owner;
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody};
use axum::extract::State;
use axum::http::StatusCode;
use view::{RestartRequest, RestartStatus, RestartTime};

pub(super) fn operations() -> Operations {
    operations![show, start, cancel]
}

/// Get whether the daemon can be restarted, and whether a restart waits for calls to end.
#[utoipa::path(get, path = "/api/restart", tag = "system", operation_id = "get_restart_status",
    responses((status = 200, body = RestartStatus)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> axum::Json<RestartStatus> {
    axum::Json(RestartStatus::of(&state))
}

/// Restart the daemon.
///
/// The process exits, and systemd starts it again.
#[utoipa::path(post, path = "/api/restart", tag = "system", operation_id = "restart", request_body = RestartRequest, responses(
    (status = 202, body = RestartStatus),
    (status = 409, body = ErrorBody, description = "`calls_active`: `now` would cut off calls (`error.params`: `calls`); \
        `not_supervised`: systemd did not start the daemon, so nothing would start it again.")))]
pub(super) async fn start(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Json(RestartRequest { when }): Json<RestartRequest>,
) -> Result<(StatusCode, axum::Json<RestartStatus>), ApiError> {
    let conflict = |code, message: String| ApiError::new(StatusCode::CONFLICT, code, message);
    if !systemd_notify::is_available() {
        let message =
            "systemd did not start the daemon, so nothing would start it again; restart it the way it was started";
        return Err(conflict("not_supervised", message.to_owned()));
    }
    let calls = state.calls.count();
    match when {
        RestartTime::Now if calls > 0 => {
            let message = format!("active calls: {calls}; restart when they are over (`after_calls`)");
            return Err(conflict("calls_active", message).with_param("calls", calls.to_string()));
        }
        RestartTime::AfterCalls if calls > 0 => state.restart.after_calls(&state.calls),
        RestartTime::Now | RestartTime::AfterCalls => {
            actor.record_now(&state.store).await;
            state.restart.now();
        }
    }
    Ok((StatusCode::ACCEPTED, axum::Json(RestartStatus::of(&state))))
}

/// Cancel a restart that waits for calls to end.
#[utoipa::path(delete, path = "/api/restart", tag = "system", operation_id = "cancel_restart",
    responses((status = 200, description = "The restart was cancelled.", body = OkResponse)))]
pub(super) async fn cancel(State(state): State<AppState>, _owner: Owner) -> axum::Json<OkResponse> {
    state.restart.cancel();
    OkResponse::OK
}
