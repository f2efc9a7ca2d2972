//! Decides when an alert is raised, when it has cleared, and when a notification is due. Performs no I/O and reads no
//! clock.

use crate::domain::{
    Alert, AlertChannel, AlertDelivery, AlertDetail, AlertKind, AlertState, AlertTransition, Mute, Timestamp,
};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertThresholds {
    /// How long the condition must last before the alert is raised.
    pub bridge_down: Duration,
    /// How long the condition must last before the alert is raised.
    pub replication: Duration,
    /// How long a condition must be absent before the alert clears.
    pub settle: Duration,
    /// While an alert remains active, its notification is repeated after this time.
    pub repeat: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: AlertKind,
    pub state: AlertState,
}

pub struct AlertTracker {
    thresholds: AlertThresholds,
    entries: BTreeMap<AlertKind, Entry>,
}

struct Entry {
    alert: Alert,
    /// Whether the condition is active, since `unchanged_since`.
    is_active: bool,
    unchanged_since: Timestamp,
    /// Whether the detail has changed since the alert was last returned for storing.
    has_new_detail: bool,
    /// When the detail was last returned for storing.
    detail_stored_at: Timestamp,
}

impl Entry {
    /// Replaces future times by `now`. After the clock was set back, the alert would otherwise wait until the clock has
    /// caught up.
    fn forget_the_future(&mut self, now: Timestamp) {
        self.unchanged_since = self.unchanged_since.min(now);
        self.detail_stored_at = self.detail_stored_at.min(now);
        for delivery in &mut self.alert.deliveries {
            delivery.at = delivery.at.min(now);
        }
    }
}

impl AlertTracker {
    pub fn new(thresholds: AlertThresholds, known: Vec<Alert>) -> Self {
        let entry = |alert: Alert| {
            let is_active = alert.state == AlertState::Raised;
            let unchanged_since = alert.cleared_at.unwrap_or(alert.since);
            let detail_stored_at = unchanged_since;
            (alert.kind, Entry { alert, is_active, unchanged_since, has_new_detail: false, detail_stored_at })
        };
        Self { thresholds, entries: known.into_iter().map(entry).collect() }
    }

    /// Records that the condition is active. Returns true if it was not active before, or is about another event.
    pub fn raise(&mut self, kind: AlertKind, detail: AlertDetail, now: Timestamp) -> bool {
        let fresh = || Alert {
            kind,
            state: AlertState::Pending,
            detail: AlertDetail::default(),
            since: now,
            cleared_at: None,
            mute: None,
            deliveries: Vec::new(),
            recurrences: 0,
        };
        let entry = self.entries.entry(kind).or_insert_with(|| Entry {
            alert: fresh(),
            is_active: false,
            unchanged_since: now,
            has_new_detail: false,
            detail_stored_at: now,
        });
        let is_changed = entry.alert.detail != detail;
        let is_another_event = is_changed && is_event(kind, &entry.alert.detail);
        entry.alert.detail = detail;
        if entry.is_active && !is_another_event {
            entry.has_new_detail |= is_changed && entry.alert.state == AlertState::Raised;
            return false;
        }
        entry.is_active = true;
        entry.unchanged_since = now;
        entry.has_new_detail = false;
        entry.detail_stored_at = now;
        if entry.alert.state == AlertState::Cleared || is_another_event {
            // An alert that returns soon must be absent for longer before it clears. Otherwise a condition that
            // alternates quickly would cause many notifications.
            let soon = entry.alert.cleared_at.is_some_and(|at| now.since(at) < RECURRENCE_WINDOW);
            let recurrences = if soon { entry.alert.recurrences.saturating_add(1) } else { 0 };
            // Muting for the duration of the previous alert ends here; muting until a given time continues.
            let mute = entry.alert.mute.filter(|mute| matches!(mute, Mute::Until(_)));
            entry.alert = Alert { recurrences, mute, detail: std::mem::take(&mut entry.alert.detail), ..fresh() };
        }
        true
    }

    /// Returns an alert whose detail has changed while it lasts, so that the new detail is stored; at most once a
    /// minute, because some details contain a time or an amount.
    pub fn take_new_detail(&mut self, kind: AlertKind, now: Timestamp) -> Option<Alert> {
        let entry = self.entries.get_mut(&kind)?;
        if !entry.has_new_detail || now.since(entry.detail_stored_at) < DETAIL_INTERVAL {
            return None;
        }
        entry.has_new_detail = false;
        entry.detail_stored_at = now;
        Some(entry.alert.clone())
    }

    /// Records that the condition is no longer active. Returns true if it was active before.
    pub fn clear(&mut self, kind: AlertKind, now: Timestamp) -> bool {
        let Some(entry) = self.entries.get_mut(&kind).filter(|entry| entry.is_active) else { return false };
        if entry.alert.state == AlertState::Pending {
            self.entries.remove(&kind);
            return true;
        }
        entry.is_active = false;
        entry.unchanged_since = now;
        true
    }

    pub fn tick(&mut self, now: Timestamp) -> Vec<Change> {
        let thresholds = self.thresholds;
        let mut changes = Vec::new();
        for (kind, entry) in &mut self.entries {
            entry.forget_the_future(now);
            let lasted = now.since(entry.unchanged_since);
            match (entry.alert.state, entry.is_active) {
                (AlertState::Pending, true) if lasted >= thresholds.raise_delay(*kind) => {
                    entry.alert.state = AlertState::Raised;
                }
                (AlertState::Raised, false) if lasted >= thresholds.clear_delay(entry.alert.recurrences) => {
                    entry.alert.state = AlertState::Cleared;
                    entry.alert.cleared_at = Some(now);
                }
                _ => continue,
            }
            changes.push(Change { kind: *kind, state: entry.alert.state });
        }
        self.entries.retain(|_, entry| {
            entry
                .alert
                .cleared_at
                .is_none_or(|at| now.since(at) < CLEARED_RETENTION || entry.alert.state != AlertState::Cleared)
        });
        changes
    }

    /// A reminder is due at each repeat interval while the alert lasts. The end is notified only on a channel on which
    /// an earlier notification was sent.
    pub fn due(&self, channel: AlertChannel, now: Timestamp) -> Vec<(Alert, AlertTransition)> {
        let repeat = self.thresholds.repeat;
        let transition = |entry: &Entry| {
            let alert = &entry.alert;
            if alert.is_muted(now) {
                return None;
            }
            match (alert.state, alert.delivery_by(channel)) {
                // The condition is currently absent and the alert may clear soon. A notification is due only if the
                // condition returns.
                (AlertState::Raised, _) if !entry.is_active => None,
                (AlertState::Raised, None) => Some(AlertTransition::Raised),
                (AlertState::Raised, Some(delivery)) if now.since(delivery.at) >= repeat => {
                    Some(AlertTransition::Lasts)
                }
                (AlertState::Cleared, Some(delivery)) if delivery.transition != AlertTransition::Cleared => {
                    Some(AlertTransition::Cleared)
                }
                _ => None,
            }
        };
        self.entries
            .values()
            .filter_map(|entry| transition(entry).map(|transition| (entry.alert.clone(), transition)))
            .collect()
    }

    pub fn note_delivery(
        &mut self,
        kind: AlertKind,
        channel: AlertChannel,
        transition: AlertTransition,
        now: Timestamp,
    ) -> Option<Alert> {
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        alert.deliveries.retain(|delivery| delivery.channel != channel);
        alert.deliveries.push(AlertDelivery { channel, transition, at: now });
        Some(alert.clone())
    }

    /// Records that a notification was sent but not delivered, so that it is due again. An all-clear is due again only
    /// if it was sent soon after the alert had cleared.
    pub fn withdraw_delivery(
        &mut self,
        kind: AlertKind,
        channel: AlertChannel,
        transition: AlertTransition,
    ) -> Option<Alert> {
        let repeat = self.thresholds.repeat;
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        let is_it = |delivery: &AlertDelivery| delivery.channel == channel && delivery.transition == transition;
        match transition {
            AlertTransition::Raised => alert.deliveries.retain(|delivery| !is_it(delivery)),
            // The owner knows that the alert was raised, so only the reminder is due. The notification before it was
            // sent at least one repeat interval earlier.
            AlertTransition::Lasts => {
                for delivery in alert.deliveries.iter_mut().filter(|delivery| is_it(delivery)) {
                    (delivery.transition, delivery.at) = (AlertTransition::Raised, delivery.at.minus(repeat));
                }
            }
            AlertTransition::Cleared => {
                let cleared_at = alert.cleared_at;
                let is_soon =
                    |delivery: &AlertDelivery| cleared_at.is_some_and(|at| delivery.at.since(at) < ALL_CLEAR_WINDOW);
                for delivery in alert.deliveries.iter_mut().filter(|delivery| is_it(delivery) && is_soon(delivery)) {
                    delivery.transition = AlertTransition::Raised;
                }
            }
        }
        Some(alert.clone())
    }

    /// `mute` is `None` to unmute. Returns `None` if no alert of this kind is known.
    pub fn mute(&mut self, kind: AlertKind, mute: Option<Mute>) -> Option<Alert> {
        let alert = &mut self.entries.get_mut(&kind)?.alert;
        alert.mute = mute;
        Some(alert.clone())
    }

    pub fn all(&self) -> Vec<Alert> {
        self.entries.values().map(|entry| entry.alert.clone()).collect()
    }

    pub fn is_idle(&self, now: Timestamp) -> bool {
        let over = self.entries.values().all(|entry| !entry.is_active && entry.alert.state == AlertState::Cleared);
        over && AlertChannel::ALL.iter().all(|channel| self.due(*channel, now).is_empty())
    }
}

/// Returns true if another detail is another event, about which the owner is notified too, and not another state of the
/// same condition. The text of an earlier release is compared with no notice.
fn is_event(kind: AlertKind, before: &AlertDetail) -> bool {
    kind == AlertKind::DatabaseReplaced && matches!(before, AlertDetail::Notices(notices) if !notices.is_empty())
}

impl AlertThresholds {
    /// Returns how long a condition must be active before the alert is raised.
    fn raise_delay(self, kind: AlertKind) -> Duration {
        match kind {
            AlertKind::BridgeDown | AlertKind::BridgeNotReceiving => self.bridge_down,
            AlertKind::Replication => self.replication,
            AlertKind::PublishedCopy => Duration::from_mins(1),
            // A new installation has no certificate during its first minutes.
            AlertKind::Certificate => Duration::from_mins(15),
            AlertKind::DatabaseUnwritable => Duration::from_secs(5),
            AlertKind::BridgeLink => self.bridge_down.min(Duration::from_mins(1)),
            AlertKind::DiskLow
            | AlertKind::WalSize
            | AlertKind::Integrity
            | AlertKind::ForeignFile
            | AlertKind::DatabaseReplaced
            | AlertKind::OutboxHeld
            | AlertKind::Backup
            | AlertKind::WhatsAppRestricted
            | AlertKind::TwilioRefused
            | AlertKind::AiRefused
            | AlertKind::AiNoCredit
            | AlertKind::AiRateLimited
            | AlertKind::AiSettingRejected
            | AlertKind::AiUnavailable
            | AlertKind::AiLimit
            | AlertKind::OutboxStuck
            | AlertKind::OutboxUndelivered
            | AlertKind::ClockWrong
            | AlertKind::SettingsRejected
            | AlertKind::SelfCheck => Duration::ZERO,
        }
    }

    /// Doubled with each recurrence, within a limit.
    fn clear_delay(self, recurrences: u32) -> Duration {
        (self.settle * 2_u32.saturating_pow(recurrences.min(16))).min(MAX_CLEAR_DELAY.max(self.settle))
    }
}

/// An alert that is raised again within this time after it cleared counts as a recurrence.
const RECURRENCE_WINDOW: Duration = Duration::from_hours(24);
const MAX_CLEAR_DELAY: Duration = Duration::from_hours(6);
/// An undelivered all-clear is sent again only if it was sent within this time after the alert cleared. WhatsApp waits
/// five minutes after each failure, so it sends an all-clear at most three times.
const ALL_CLEAR_WINDOW: Duration = Duration::from_mins(10);
/// The shortest time between two new details of an alert that are stored.
const DETAIL_INTERVAL: Duration = Duration::from_mins(1);
/// An alert that cleared this long ago is no longer shown.
const CLEARED_RETENTION: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests;
