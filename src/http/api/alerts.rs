//! What needs a person.

use super::operation::{Operations, operations};
use crate::clock;
use crate::domain::{Alert, AlertDelivery, AlertKind, AlertState, Language, Mute, Timestamp};
use crate::http::auth::{Member, Owner};
use crate::http::extract::{Json, Name};
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState};
use crate::messages;
use crate::store::AlertEvent;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub(super) fn operations() -> Operations {
    operations![list, history, mute, unmute]
}

type AlertEventItemPage = Page<AlertEventItem>;

type AlertItemPage = Page<AlertItem>;

/// An alert.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AlertItem {
    kind: AlertKind,
    state: AlertState,
    /// The name of the alert, in Hebrew and English.
    headline: Bilingual,
    /// What was found.
    detail: Bilingual,
    /// What to do about it.
    remedy: Bilingual,
    /// Since when it is active, or was active last.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When it cleared.
    #[schema(value_type = Option<String>, format = DateTime)]
    cleared_at: Option<Timestamp>,
    /// Whether no notification is sent at present.
    muted: bool,
    /// Until when it is muted; null: until it has cleared.
    #[schema(value_type = Option<String>, format = DateTime)]
    muted_until: Option<Timestamp>,
    /// The last notification by each channel.
    deliveries: Vec<AlertDelivery>,
}

/// A text in Hebrew and English.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Bilingual {
    he: String,
    en: String,
}

/// A change of an alert's state, or a notification of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AlertEventItem {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    kind: String,
    /// `raised`, `lasts`, `cleared`, `muted`, `unmuted`.
    transition: String,
    /// The channel of a notification; empty for a change of state.
    channel: String,
}

/// How long to mute an alert.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MuteRequest {
    /// The number of hours, 1 to 720; without it, until the alert has cleared.
    #[schema(minimum = 1, maximum = 720)]
    hours: Option<u32>,
}

/// List alerts: the active ones, and those that have cleared lately.
#[utoipa::path(get, path = "/api/alerts", tag = "system", operation_id = "list_alerts",
    responses((status = 200, body = AlertItemPage)))]
pub(super) async fn list(State(state): State<AppState>, _member: Member) -> axum::Json<AlertItemPage> {
    let shown = state.alerts.all().into_iter().filter(|alert| alert.state != AlertState::Pending);
    axum::Json(Page::only(shown.map(item).collect()))
}

/// List the newest changes of alerts, and which notifications were sent, newest first.
#[utoipa::path(get, path = "/api/alerts/history", tag = "system", operation_id = "list_alert_history",
    responses((status = 200, body = AlertEventItemPage)))]
pub(super) async fn history(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<AlertEventItemPage>, ApiError> {
    let events = state.store.read(|tx| tx.alert_events(SHOWN_EVENTS)).await?;
    let item = |AlertEvent { at, kind, transition, channel }| AlertEventItem { at, kind, transition, channel };
    Ok(axum::Json(Page::only(events.into_iter().map(item).collect())))
}

/// Mute an alert: it stays on the page, but no notification is sent.
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
    let kind: AlertKind = kind.parse().map_err(|_| ApiError::not_found("there is no such alert"))?;
    let alert = state.alerts.mute(kind, mute).ok_or_else(|| ApiError::not_found("there is no such alert"))?;
    Ok(axum::Json(item(alert)))
}

impl Bilingual {
    fn of(text: impl Fn(Language) -> String) -> Self {
        Self { he: text(Language::Hebrew), en: text(Language::English) }
    }
}

fn item(alert: Alert) -> AlertItem {
    AlertItem {
        kind: alert.kind,
        state: alert.state,
        headline: Bilingual::of(|language| messages::headline(language, alert.kind)),
        remedy: Bilingual::of(|language| messages::remedy(language, alert.kind)),
        muted: alert.is_muted(clock::now()),
        muted_until: match alert.mute {
            Some(Mute::Until(until)) => Some(until),
            Some(Mute::WhileItLasts) | None => None,
        },
        detail: Bilingual::of(|language| messages::detail(language, &alert.detail)),
        since: alert.since,
        cleared_at: alert.cleared_at,
        deliveries: alert.deliveries,
    }
}

const SHOWN_EVENTS: usize = 100;
