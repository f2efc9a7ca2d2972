//! API types of alerts.

use crate::domain::{self, Alert, AlertDetail, FoundText, Mute, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::response::{LocalizedText, views};
use crate::http::pagination::Page;
use crate::messages;
use crate::store::AlertEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type AlertChannel = OneOf<domain::AlertChannel>;
pub(super) type AlertKind = OneOf<domain::AlertKind>;
type AlertState = OneOf<domain::AlertState>;
type AlertTransition = OneOf<domain::AlertTransition>;
pub(crate) type AlertEventItemPage = Page<AlertEventItem>;
pub(crate) type AlertItemPage = Page<AlertItem>;

/// An alert: a problem that the daemon has detected and reports to users.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AlertItem {
    kind: AlertKind,
    state: AlertState,
    /// The title of the alert, in Hebrew and English.
    headline: LocalizedText,
    /// The findings that raised the alert, in Hebrew and English.
    detail: LocalizedText,
    /// The findings as codes with their values. Findings that are only texts are left out.
    notices: Vec<AlertNotice>,
    /// The action that fixes the problem, in Hebrew and English.
    remedy: LocalizedText,
    /// The start of the current occurrence, or of the last occurrence if the alert has cleared.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When the alert cleared; null while it is active.
    #[schema(value_type = Option<String>, format = DateTime)]
    cleared_at: Option<Timestamp>,
    /// Whether the alert is muted; a muted alert sends no notifications.
    muted: bool,
    /// When the mute ends; null if the alert is not muted, or is muted until it clears (see `muted`).
    #[schema(value_type = Option<String>, format = DateTime)]
    muted_until: Option<Timestamp>,
    /// The last notification of this occurrence by each channel.
    deliveries: Vec<AlertDelivery>,
}

impl AlertItem {
    pub(super) fn new(alert: Alert, now: Timestamp) -> Self {
        Self {
            kind: alert.kind.into(),
            state: alert.state.into(),
            headline: LocalizedText::of(|language| messages::headline(language, alert.kind)),
            remedy: LocalizedText::of(|language| messages::remedy(language, alert.kind)),
            muted: alert.is_muted(now),
            muted_until: match alert.mute {
                Some(Mute::Until(until)) if now < until => Some(until),
                Some(Mute::Until(_) | Mute::WhileItLasts) | None => None,
            },
            detail: LocalizedText::of(|language| messages::detail(language, &alert.detail)),
            notices: AlertNotice::of(&alert.detail),
            since: alert.since,
            cleared_at: alert.cleared_at,
            deliveries: views(alert.deliveries),
        }
    }
}

/// One of the findings that raised an alert, as a code with values instead of a text.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
struct AlertNotice {
    /// The code of the finding, such as `disk-space`.
    code: String,
    /// The values in the text of the finding: numbers, texts, or causes, which also have codes.
    #[schema(value_type = Object, required = true)]
    #[serde(default)]
    params: Map<String, Value>,
}

impl AlertNotice {
    fn of(detail: &AlertDetail) -> Vec<Self> {
        let found = match detail {
            AlertDetail::Notices(found) => values(found),
            AlertDetail::Findings(results) => {
                results.iter().flat_map(|result| Self::values_of(&result.found)).collect()
            }
            AlertDetail::Texts { .. } => Vec::new(),
        };
        found.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
    }

    fn values_of(found: &FoundText) -> Vec<Value> {
        match found {
            FoundText::Found(found) => values(std::slice::from_ref(found)),
            FoundText::Notices(found) => values(found),
            FoundText::Texts { .. } | FoundText::Text(_) => Vec::new(),
        }
    }
}

fn values(texts: &[impl Serialize]) -> Vec<Value> {
    texts.iter().filter_map(|text| serde_json::to_value(text).ok()).collect()
}

/// The last notification of an alert by one channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertDelivery {
    /// The channel, such as mail or WhatsApp.
    channel: AlertChannel,
    /// The state change that the notification reported.
    transition: AlertTransition,
    /// When the notification was sent; for WhatsApp, when it was queued.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<domain::AlertDelivery> for AlertDelivery {
    fn from(domain::AlertDelivery { channel, transition, at }: domain::AlertDelivery) -> Self {
        Self { channel: channel.into(), transition: transition.into(), at }
    }
}

/// A state change of an alert, or a notification about it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AlertEventItem {
    /// The id of the event; later events have greater ids.
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    kind: String,
    /// The title of the alert, in Hebrew and English; null for a kind that this release does not support.
    headline: Option<LocalizedText>,
    /// The state change: `raised`, `cleared`, `muted` or `unmuted`; `lasts` for a notification that the alert is still
    /// active.
    transition: String,
    /// The channel of a notification; empty for a state change.
    channel: String,
}

impl From<AlertEvent> for AlertEventItem {
    fn from(AlertEvent { id, at, kind, transition, channel }: AlertEvent) -> Self {
        let known = kind.parse::<domain::AlertKind>().ok();
        let headline = known.map(|kind| LocalizedText::of(|language| messages::headline(language, kind)));
        Self { id, at, kind, headline, transition, channel }
    }
}

/// The duration for which an alert is muted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MuteRequest {
    /// The number of hours, 1 to 720; absent or null: until the alert has cleared.
    #[schema(minimum = 1, maximum = 720)]
    pub(super) hours: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AlertDetail;
    use std::time::Duration;

    #[test]
    fn a_mute_that_has_ended_is_not_shown() {
        let until = Timestamp::from_millis(1_800_000_000_000);
        let alert = Alert {
            kind: domain::AlertKind::BridgeDown,
            state: domain::AlertState::Raised,
            detail: AlertDetail::default(),
            since: until,
            cleared_at: None,
            mute: Some(Mute::Until(until)),
            deliveries: Vec::new(),
            recurrences: 0,
        };
        let second = Duration::from_secs(1);
        for (now, is_muted) in [(until.minus(second), true), (until.plus(second), false)] {
            let shown = AlertItem::new(alert.clone(), now);
            assert_eq!((shown.muted, shown.muted_until), (is_muted, is_muted.then_some(until)));
        }
    }
}
