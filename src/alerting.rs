//! Alerts about conditions that may need an action of the owner.
//!
//! [`AlertTracker`] makes the decisions without I/O; [`Alerts`] is the handle to it. The code that sends the
//! notifications is in `maintenance::alert_delivery`.

mod failed_calls;
mod message;
mod provider_health;
mod tracker;

pub use failed_calls::AiCall;
pub use message::{AlertMessage, directed, sender};
pub use tracker::{AlertThresholds, AlertTracker, Change};

use crate::clock;
use crate::domain::{
    Alert, AlertChannel, AlertDetail, AlertEventKind, AlertKind, AlertState, AlertTransition, Language, Mute, Timestamp,
};
use crate::messages;
use crate::store::Store;
use failed_calls::FailedCalls;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Clones share the same state.
#[derive(Clone)]
pub struct Alerts {
    inner: Arc<Inner>,
}

struct Inner {
    // A synchronous mutex is enough: it is never held across an `await`.
    tracker: Mutex<AlertTracker>,
    changed: Notify,
    store: Store,
    failed_calls: FailedCalls,
}

impl Alerts {
    /// Loads the stored alerts. If they cannot be read, the tracker starts without alerts, because a broken database
    /// must not prevent new alerts.
    pub async fn load(store: Store, thresholds: AlertThresholds) -> Self {
        let known = store.read(|tx| tx.alerts()).await.unwrap_or_else(|error| {
            tracing::error!(
                event = "ALERTS_LOST",
                error = &error as &dyn std::error::Error,
                "Cannot read the stored alerts; earlier alerts are not shown until their problems are detected again"
            );
            Vec::new()
        });
        let tracker = Mutex::new(AlertTracker::new(thresholds, known));
        let (changed, failed_calls) = (Notify::new(), FailedCalls::default());
        Self { inner: Arc::new(Inner { tracker, changed, store, failed_calls }) }
    }

    /// Records that the condition of an alert is active, until [`Alerts::clear`] is called.
    pub fn raise(&self, kind: AlertKind, detail: impl Into<AlertDetail>) {
        let now = clock::now();
        let (is_new, changed) = {
            let mut tracker = self.tracker();
            (tracker.raise(kind, detail.into(), now), tracker.take_new_detail(kind, now))
        };
        if is_new {
            self.inner.changed.notify_one();
        }
        if let Some(alert) = changed {
            self.save(alert);
        }
    }

    /// Records that the condition of an alert has ended; has no effect if the condition is not active. A raised alert
    /// clears some time later.
    pub fn clear(&self, kind: AlertKind) {
        if self.tracker().clear(kind, clock::now()) {
            self.inner.changed.notify_one();
        }
    }

    pub fn set(&self, kind: AlertKind, detail: Option<impl Into<AlertDetail>>) {
        match detail {
            Some(detail) => self.raise(kind, detail),
            None => self.clear(kind),
        }
    }

    /// Includes alerts that are pending or have recently cleared.
    pub fn all(&self) -> Vec<Alert> {
        self.tracker().all()
    }

    pub fn is_raised(&self, kind: AlertKind) -> bool {
        self.tracker().all().iter().any(|alert| alert.kind == kind && alert.state == AlertState::Raised)
    }

    /// `mute` is `None` to unmute. Returns `None` if no alert of this kind is known.
    pub fn mute(&self, kind: AlertKind, mute: Option<Mute>) -> Option<Alert> {
        let alert = self.tracker().mute(kind, mute)?;
        let event = if mute.is_some() { AlertEventKind::Muted } else { AlertEventKind::Unmuted };
        self.save_event(alert.clone(), event, None, clock::now());
        self.inner.changed.notify_one();
        Some(alert)
    }

    /// Applies the transitions that are due by now. Each change is logged and stored.
    pub fn tick(&self) -> Vec<Change> {
        let now = clock::now();
        let (changes, mut all) = {
            let mut tracker = self.tracker();
            (tracker.tick(now), tracker.all())
        };
        all.retain(|alert| changes.iter().any(|change| change.kind == alert.kind));
        for alert in all {
            log_change(&alert);
            let is_cleared = alert.state == AlertState::Cleared;
            let event = if is_cleared { AlertEventKind::Cleared } else { AlertEventKind::Raised };
            self.save_event(alert.clone(), event, None, now);
        }
        changes
    }

    pub fn due(&self, channel: AlertChannel) -> Vec<(Alert, AlertTransition)> {
        self.tracker().due(channel, clock::now())
    }

    pub fn note_delivery(&self, channel: AlertChannel, deliveries: &[(AlertKind, AlertTransition)]) {
        let now = clock::now();
        for (kind, transition) in deliveries {
            let alert = self.tracker().note_delivery(*kind, channel, *transition, now);
            if let Some(alert) = alert {
                self.save_event(alert, (*transition).into(), Some(channel), now);
            }
        }
    }

    /// Records that sent notifications were not delivered, so that they are due again, see
    /// [`AlertTracker::withdraw_delivery`].
    pub fn withdraw_delivery(&self, channel: AlertChannel, deliveries: &[(AlertKind, AlertTransition)]) {
        for (kind, transition) in deliveries {
            let alert = self.tracker().withdraw_delivery(*kind, channel, *transition);
            if let Some(alert) = alert {
                self.save(alert);
            }
        }
        self.inner.changed.notify_one();
    }

    pub fn is_idle(&self) -> bool {
        self.tracker().is_idle(clock::now())
    }

    /// Waits for a change that needs no timer, such as a condition that began or ended.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    fn save(&self, alert: Alert) {
        let now = clock::now();
        self.inner.store.write_soon(move |tx| tx.put_alert(&alert, now));
    }

    fn save_event(&self, alert: Alert, event: AlertEventKind, channel: Option<AlertChannel>, now: Timestamp) {
        self.inner.store.write_soon(move |tx| {
            tx.put_alert(&alert, now)?;
            tx.insert_alert_event(alert.kind, event, channel, now)
        });
    }

    fn tracker(&self) -> MutexGuard<'_, AlertTracker> {
        self.inner.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_change(alert: &Alert) {
    let (kind, detail) = (alert.kind.as_str(), messages::detail(Language::English, &alert.detail));
    let headline = messages::headline(Language::English, alert.kind);
    if alert.state == AlertState::Cleared {
        tracing::info!(event = "ALERT_CLEARED", alert.kind = kind, "Alert cleared: {headline}");
    } else {
        // One line, because each line of a log text may be read as a separate event.
        let text = if detail.is_empty() { headline } else { format!("{headline}: {}", detail.replace('\n', "; ")) };
        tracing::warn!(event = "ALERT_RAISED", alert.kind = kind, detail, "Alert: {text}");
    }
}
