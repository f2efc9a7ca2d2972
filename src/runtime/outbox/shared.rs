//! What the loop of the outbox and its attempts share: services, and the inputs of the delivery decisions.

use super::health::ProviderHealth;
use crate::alerting::Alerts;
use crate::crm::outbox;
use crate::domain::{Provider, Timestamp};
use crate::inbox::delivery::{DELIVERY_TIMEOUT, Delivery};
use crate::inbox::policy::{Route, RouteInput, RoutingRules};
use crate::inbox::window;
use crate::runtime::Settings;
use crate::store::{OutboxEntry, Store};
use tokio::sync::Notify;

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) settings: Settings,
    pub(super) health: ProviderHealth,
    pub(super) wake: Notify,
    /// Wakes the task that probes the bridge.
    pub(super) look_at_bridge: Notify,
    pub(super) alerts: Alerts,
}

pub(super) fn delivery(entry: &OutboxEntry) -> Delivery {
    Delivery {
        named: entry.named,
        route: Route { provider: entry.provider, template: entry.template },
        unconfirmed: entry.unconfirmed,
        attempts: entry.attempts,
        unconfirmed_attempts: entry.unconfirmed_attempts,
        attempt_at: entry.attempt_at,
        refused: entry.refused.clone(),
        last_refusal: entry.last_refusal.clone(),
        created_at: entry.created_at,
        expires_at: entry.expires_at.unwrap_or_else(|| entry.created_at.plus(DELIVERY_TIMEOUT)),
        no_file_since: entry.no_file_since,
    }
}

pub(super) fn route_input<'a>(
    entry: &'a OutboxEntry,
    rules: &'a RoutingRules,
    down: &'a [Provider],
    now: Timestamp,
) -> RouteInput<'a> {
    let mut capable = outbox::capable_providers(entry.recipient.as_ref(), &entry.text);
    // Twilio would send the confirmation of an opt-out as a template.
    if entry.confirms_opt_out && !window::is_open_at_twilio(&entry.last_in, now) {
        capable = if capable.contains(&Provider::Baileys) { &[Provider::Baileys] } else { &[] };
    }
    RouteInput {
        rules,
        named: entry.named,
        last_in: entry.last_in,
        capable,
        refused: &entry.refused,
        opted_out: entry.opted_out_at.is_some(),
        down,
        now,
    }
}
