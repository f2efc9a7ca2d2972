//! Calls that ring in the open web pages, because their callers ask for a person.

mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::crm;
use crate::crm::call;
use crate::domain::CallId;
use crate::http::api::response::OkResponse;
use crate::http::auth::{LoggedIn, Member};
use crate::http::extract::Id;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::calls::Decline;
use axum::extract::State;
use axum::http::StatusCode;
use view::{PageRing, PageRings};

pub(super) fn operations() -> Operations {
    operations![list, decline]
}

/// List the calls that ring in the page, because their callers ask for a person.
///
/// Such a call can be answered (`/api/calls/{id}/answer`), transferred to the phone at once
/// (`/api/calls/{id}/transfer`) or declined. The change `call_updated` reports that a call starts or stops to ring.
/// Calls that the user has declined are left out.
#[utoipa::path(get, path = "/api/page-rings", tag = "calls", operation_id = "list_page_rings",
    responses((status = 200, body = PageRings)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
) -> Result<axum::Json<PageRings>, ApiError> {
    let ringing = state.calls.page_rings(actor.id);
    if ringing.is_empty() {
        return Ok(axum::Json(PageRings { rings: Vec::new() }));
    }
    let rings = state.store.read(move |tx| {
        let mut rings = Vec::with_capacity(ringing.len());
        for (sid, ring) in ringing {
            // A call that could not be stored when it began has no id yet.
            if let Some((id, _)) = tx.call_by_sid(&sid)? {
                rings.push(PageRing::new(id, ring));
            }
        }
        Ok(rings)
    });
    Ok(axum::Json(PageRings { rings: rings.await? }))
}

/// Decline a call that rings in the page.
///
/// The call rings no longer for this user. If all users with an open page have declined, the phone rings
/// (`agent.transfer_to`); without a phone, the agent continues the call.
#[utoipa::path(post, path = "/api/calls/{id}/decline", tag = "calls", operation_id = "decline_call", params(("id" = i64, Path)),
    responses((status = 200, description = "The call is declined.", body = OkResponse),
        (status = 409, body = ErrorBody, description = "`call_over`, or `not_ringing`: the call does not ring in the page.")))]
pub(super) async fn decline(
    State(state): State<AppState>,
    LoggedIn(actor, login): LoggedIn,
    Id(id): Id,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, by) = (CallId(id), actor.id);
    let sid = crm::read(&state.store, move |tx| call::find_running(tx, id)).await?.call_sid;
    match state.calls.decline_page_ring(&sid, login.user.id) {
        Decline::Recorded => {}
        Decline::Repeated => return Ok(OkResponse::OK),
        Decline::NotRinging => {
            let message = "The call does not ring in the page any more";
            return Err(ApiError::new(StatusCode::CONFLICT, "not_ringing", message));
        }
    }
    let now = clock::now();
    actor.transact(&state.store, move |tx| Ok(call::decline_page_ring(tx, &sid, by, now)?)).await?;
    Ok(OkResponse::OK)
}
