//! Trial calls, in which a user talks to the agent with the browser.

mod view;

use super::operation::{Operations, operations};
use crate::http::auth::Member;
use crate::http::{ApiError, AppState};
use crate::runtime::calls::TrialRefusal;
use axum::extract::State;
use axum::http::StatusCode;
use view::TrialCall;

pub(super) fn operations() -> Operations {
    operations![create]
}

/// Prepare a trial call, in which the user talks to the agent with the browser.
///
/// The call begins when the client sends its first message on the WebSocket, and ends at the latest with the login
/// session or the token. The call is not stored, and the agent's tools have no effect; its duration and cost count
/// towards the daily limits.
///
/// The code of a 409 is `no_engine` if no AI engine answers calls. It is `limit_reached` at a daily limit, which
/// `error.params.setting` names.
#[utoipa::path(post, path = "/api/trial-calls", tag = "calls", operation_id = "create_trial_call", responses(
    (status = 201, body = TrialCall),
    (status = 409, body = crate::http::ErrorBody,
        description = "No AI answers calls, or a usage limit is reached: `no_engine`, `limit_reached`")))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
) -> Result<(StatusCode, axum::Json<TrialCall>), ApiError> {
    let login = actor.credential.into_check(state.store.clone());
    let ticket = state.calls.create_trial(login).await?;
    Ok((StatusCode::CREATED, axum::Json(ticket.into())))
}

impl From<TrialRefusal> for ApiError {
    fn from(refusal: TrialRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            TrialRefusal::NoEngine { setting } => {
                Self::new(StatusCode::CONFLICT, "no_engine", message).with_param("setting", setting)
            }
            TrialRefusal::Limit { setting } => {
                Self::new(StatusCode::CONFLICT, "limit_reached", message).with_param("setting", setting)
            }
            TrialRefusal::ShuttingDown => Self::unavailable(message),
            TrialRefusal::Store(error) => error.into(),
        }
    }
}
