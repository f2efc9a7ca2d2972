//! Who answers calls now, as the owner chooses or the settings say.

mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::answering::{self, Choice};
use crate::crm::{self};
use crate::domain::BusinessId;
use crate::http::auth::{Member, Owner};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::Json;
use crate::http::ready::ai_fails;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::answering::{can_ring, rings_first};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use view::{Answering, Facts, SetAnsweringRequest};

pub(super) fn operations() -> Operations {
    operations![show, set]
}

/// Get who answers calls now.
#[utoipa::path(get, path = "/api/answering", tag = "calls", operation_id = "get_answering",
    responses((status = 200, body = Answering)))]
pub(super) async fn show(State(state): State<AppState>, _member: Member) -> Result<Tagged<Answering>, ApiError> {
    Ok(Tagged(crm::read(&state.store, view(&state)).await?))
}

fn view(state: &AppState) -> impl Fn(&ReadTx<'_>) -> Result<Answering, crm::Error> + Send + use<> {
    let (config, agent_fails) = (state.config(), ai_fails(state));
    move |tx| {
        let now = clock::now();
        let choice = answering::current(tx, now)?;
        let name = choice.as_ref().map(|choice| tx.stored_actor_name(&choice.set_by)).transpose()?.flatten();
        let can_ring = can_ring(&config);
        let facts = Facts {
            rings: can_ring && rings_first(tx, &config, false, now)?,
            can_ring,
            has_agent: !config.ai_engines().is_empty(),
            agent_fails,
            ring_first: config.voice.ring_first,
            next_opening: answering::next_opening(tx, BusinessId::FIRST, &config.business.time_zone, now)?,
        };
        Ok(Answering::new(choice, name, &facts))
    }
}

/// Choose who answers calls, from the next call on.
///
/// The choice overrides the settings until `until`, or until the next choice.
#[utoipa::path(put, path = "/api/answering", tag = "calls", operation_id = "set_answering",
    request_body = SetAnsweringRequest, responses(
    (status = 200, body = Answering),
    (status = 409, body = ErrorBody, description = "`no_transfer_number`: with `ring`, and neither `voice.ring_numbers` nor `agent.transfer_to`")))]
pub(super) async fn set(
    State(state): State<AppState>,
    Owner(actor): Owner,
    if_match: IfMatch,
    Json(SetAnsweringRequest { mode, until }): Json<SetAnsweringRequest>,
) -> Result<Tagged<Answering>, ApiError> {
    let (choice, can_ring) = (Choice { mode: mode.0, until }, can_ring(&state.config()));
    actor.set_audit_subject(answering::subject(choice.mode));
    let (id, now) = (actor.id, clock::now());
    let set = move |tx: &WriteTx<'_>| answering::set(tx, choice, can_ring, id, now);
    let shown = if_match.edit(&actor, &state.store, view(&state), set).await?;
    tracing::info!(event = "ANSWERING_SET", mode = %choice.mode, by = %id, "{id} changed how calls are answered: {}", choice.mode.words());
    Ok(shown)
}
