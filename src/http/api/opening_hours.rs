//! The opening hours of the business.

pub(super) mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::booking::hours;
use crate::crm::{self};
use crate::domain::BusinessId;
use crate::http::auth::{Member, Owner};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::Json;
use crate::http::{ApiError, AppState};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use view::{OpeningHours, OpeningHoursRequest, domain_hours};

pub(super) fn operations() -> Operations {
    operations![show, set]
}

/// Get the opening hours of the business.
#[utoipa::path(get, path = "/api/opening-hours", tag = "booking", operation_id = "get_opening_hours",
    responses((status = 200, body = OpeningHours)))]
pub(super) async fn show(State(state): State<AppState>, _member: Member) -> Result<Tagged<OpeningHours>, ApiError> {
    Ok(Tagged(crm::read(&state.store, view_of).await?))
}

/// Replace the opening hours of the business.
#[utoipa::path(put, path = "/api/opening-hours", tag = "booking", operation_id = "set_opening_hours",
    request_body = OpeningHoursRequest, responses((status = 200, body = OpeningHours)))]
pub(super) async fn set(
    State(state): State<AppState>,
    Owner(actor): Owner,
    if_match: IfMatch,
    Json(request): Json<OpeningHoursRequest>,
) -> Result<Tagged<OpeningHours>, ApiError> {
    let (week, now) = (domain_hours(&request.hours)?, clock::now());
    let set = move |tx: &WriteTx<'_>| {
        let holidays = (request.holidays.0, request.eves.into());
        hours::set_week(tx, BusinessId::FIRST, &week, holidays, request.notice_min, now)
    };
    if_match.edit(&actor, &state.store, view_of, set).await
}

fn view_of(tx: &ReadTx<'_>) -> Result<OpeningHours, crm::Error> {
    Ok(hours::week(tx, BusinessId::FIRST)?.into())
}
