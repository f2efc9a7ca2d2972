//! An employee answers a running call with the browser.

use super::view::CallAnswer;
use crate::crm;
use crate::crm::call;
use crate::domain::CallId;
use crate::http::auth::Member;
use crate::http::extract::Id;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::calls::AnswerRefusal;
use axum::extract::State;
use axum::http::StatusCode;

/// Answer a running call with the browser.
///
/// The response permits one WebSocket, which a page of this server opens within a minute. A call that rings in the page
/// rings for at least 20 seconds more, so that the user can permit the microphone. When the page has sent its
/// first message, the agent stops, the caller hears "one moment" (except if the call rings in the page), and the employee
/// talks with the caller. The socket
/// uses Twilio's Media Streams protocol: the client sends `start`, `media` every 20 ms (mu-law, 8 kHz) and `stop`,
/// which hands the call back to the agent; the server sends `media`, `state` (`announcing`, `talking`), `alive` after
/// each 25th `media` that it received, and `ended` with its `reason`. The agent also continues if the socket is lost or sends no audio for 1.5 seconds, if the login or
/// token becomes invalid, and after one hour. To end the call, use `/api/calls/{id}/hang-up`.
#[utoipa::path(post, path = "/api/calls/{id}/answer", tag = "calls", operation_id = "answer_call", params(("id" = i64, Path)),
    responses((status = 201, description = "The call can be answered.", body = CallAnswer),
        (status = 409, body = ErrorBody, description = "`call_over`; `no_agent`: the caller does not talk with the agent; or \
            `already_answered`: another employee talks with the caller.")))]
pub(super) async fn answer(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<(StatusCode, axum::Json<CallAnswer>), ApiError> {
    let (id, by) = (CallId(id), actor.id);
    actor.set_audit_subject(format!("call:{}", id.0));
    let found = crm::read(&state.store, move |tx| Ok((call::find_running(tx, id)?.call_sid, tx.actor_name(by)?)));
    let (sid, name) = found.await?;
    let login = actor.credential.into_check(state.store.clone());
    let ticket = state.calls.create_answer(&sid, name, login).await.map_err(refused)?;
    Ok((StatusCode::CREATED, axum::Json(ticket.into())))
}

fn refused(refusal: AnswerRefusal) -> ApiError {
    match refusal {
        AnswerRefusal::NoAgent => super::control::no_agent("The caller does not talk with the agent now"),
        AnswerRefusal::AlreadyAnswered => {
            let message = "Another employee talks with the caller";
            ApiError::new(StatusCode::CONFLICT, "already_answered", message)
        }
    }
}
