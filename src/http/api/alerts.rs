//! Alerts: the active ones, their history, and muting.

mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::domain::{self, AlertState, Mute};
use crate::http::auth::{Member, Owner};
use crate::http::extract::{Json, Name, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState};
use axum::extract::State;
use serde::Deserialize;
use std::time::Duration;
use view::{AlertEventItemPage, AlertItem, AlertItemPage, AlertKind, MuteRequest};

pub(super) fn operations() -> Operations {
    operations![list, history, mute, unmute]
}

/// List alerts: the active ones, and those that have cleared recently.
#[utoipa::path(get, path = "/api/alerts", tag = "system", operation_id = "list_alerts",
    responses((status = 200, body = AlertItemPage)))]
pub(super) async fn list(State(state): State<AppState>, _member: Member) -> axum::Json<AlertItemPage> {
    let shown = state.alerts.all().into_iter().filter(|alert| alert.state != AlertState::Pending);
    let now = clock::now();
    axum::Json(Page::only(shown.map(|alert| AlertItem::new(alert, now)).collect()))
}

/// The page of the alert history to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertHistoryQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List state changes of alerts and the notifications that were sent, newest first.
#[utoipa::path(get, path = "/api/alerts/history", tag = "system", operation_id = "list_alert_history",
    params(AlertHistoryQuery), responses((status = 200, body = AlertEventItemPage)))]
pub(super) async fn history(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<AlertHistoryQuery>,
) -> Result<axum::Json<AlertEventItemPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (events, next) = state.store.read(move |tx| tx.alert_events(after, limit)).await?;
    Ok(axum::Json(Page::new(events, next)))
}

/// Mute an alert.
///
/// The alert is still listed, but no notification is sent.
#[utoipa::path(post, path = "/api/alerts/{kind}/mute", tag = "system", operation_id = "mute_alert",
    params(("kind" = AlertKind, Path)), request_body = MuteRequest, responses((status = 200, body = AlertItem)))]
pub(super) async fn mute(
    State(state): State<AppState>,
    _owner: Owner,
    Name(kind): Name,
    Json(body): Json<MuteRequest>,
) -> Result<axum::Json<AlertItem>, ApiError> {
    let mute = match body.hours {
        None => Mute::WhileItLasts,
        Some(hours @ 1..=720) => Mute::Until(clock::now().plus(Duration::from_hours(hours.into()))),
        Some(_) => {
            let message = "hours must be 1 to 720; without hours the alert is muted until it has cleared";
            return Err(ApiError::invalid(message).with_field("hours"));
        }
    };
    set_mute(&state, &kind, Some(mute))
}

/// Unmute an alert.
#[utoipa::path(delete, path = "/api/alerts/{kind}/mute", tag = "system", operation_id = "unmute_alert",
    params(("kind" = AlertKind, Path)), responses((status = 200, body = AlertItem)))]
pub(super) async fn unmute(
    State(state): State<AppState>,
    _owner: Owner,
    Name(kind): Name,
) -> Result<axum::Json<AlertItem>, ApiError> {
    set_mute(&state, &kind, None)
}

fn set_mute(state: &AppState, kind: &str, mute: Option<Mute>) -> Result<axum::Json<AlertItem>, ApiError> {
    let kind: domain::AlertKind = kind.parse().map_err(|_| ApiError::not_found("there is no such alert"))?;
    let alert = state.alerts.mute(kind, mute).ok_or_else(|| ApiError::not_found("there is no such alert"))?;
    Ok(axum::Json(AlertItem::new(alert, clock::now())))
}
