//! Sends alert notifications to the owner by email and WhatsApp. Each channel has its own loop, so that a failing
//! channel does not delay the other.

mod mail;
mod message_context;
mod whatsapp;

use crate::alerting::{AlertThresholds, Alerts};
use crate::config::{Config, Reloadable};
use crate::domain::{Alert, AlertChannel, AlertKind, AlertTransition, Language, PageUrls};
use crate::messages;
use crate::runtime::Settings;
use crate::runtime::outbox::Outbox;
use crate::store::Store;

use mail::MailChannel;
use message_context::MessageContext;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use whatsapp::{InFlightMessages, WhatsAppChannel};

/// Sends due notifications until the sender of the settings is dropped. A change of `pages` takes effect when the
/// settings change.
pub async fn run(alerts: Alerts, settings: Settings, pages: Reloadable<PageUrls>, outbox: Outbox, store: Store) {
    let mut changes = settings.changes();
    // Kept when the settings change, because the messages may still fail.
    let in_flight = InFlightMessages::default();
    loop {
        let config = changes.borrow_and_update().config.clone();
        let pages = pages.current();
        let sending = deliver(&alerts, &config, &pages.best, (outbox.clone(), store.clone()), &in_flight);
        // An interrupted notification is still due, and is sent with the new settings.
        tokio::select! {
            () = sending => {}
            held = changes.changed() => if held.is_err() { return },
        }
    }
}

async fn deliver(
    alerts: &Alerts,
    config: &Config,
    page: &str,
    (outbox, store): (Outbox, Store),
    in_flight: &InFlightMessages,
) {
    let context = MessageContext {
        business: config.business.name.clone(),
        zone: config.business.time_zone.clone(),
        page: format!("{page}/app/"),
        language: config.alerts_language(),
    };
    let mail_channel = MailChannel::new(config, context.clone());
    let whatsapp_channel = WhatsAppChannel::new(config, context, (outbox, store), in_flight.clone()).map(Arc::new);
    // A counter, because both channels must see each wake-up, even one that comes while they send.
    let (wake, wakeups) = watch::channel(0_u64);
    tokio::join!(
        tick(alerts, &wake),
        async {
            if let Some(channel) = mail_channel {
                deliver_due(alerts, &ChannelSender::Mail(Box::new(channel)), wakeups.clone()).await;
            }
        },
        async {
            if let Some(channel) = whatsapp_channel {
                let sender = ChannelSender::WhatsApp(channel.clone());
                tokio::join!(deliver_due(alerts, &sender, wakeups.clone()), channel.watch(alerts));
            }
        },
    );
}

pub fn thresholds(config: &Config) -> AlertThresholds {
    let alerts = &config.alerts;
    AlertThresholds {
        bridge_down: Duration::from_secs(alerts.bridge_down_after_s.into()),
        replication: Duration::from_secs(alerts.replication_after_s.into()),
        settle: Duration::from_secs(alerts.settle_s.into()),
        repeat: Duration::from_hours(alerts.repeat_hours.into()),
    }
}

async fn tick(alerts: &Alerts, wake: &watch::Sender<u64>) {
    loop {
        alerts.tick();
        wake.send_modify(|count| *count += 1);
        if alerts.is_idle() {
            alerts.changed().await;
        } else {
            let _ = tokio::time::timeout(TICK, alerts.changed()).await;
        }
    }
}

/// Alerts that become due together are sent in one message.
async fn deliver_due(alerts: &Alerts, sender: &ChannelSender, mut wakeups: watch::Receiver<u64>) {
    let (channel, mut failures) = (sender.channel(), 0_u32);
    while wakeups.changed().await.is_ok() {
        if alerts.due(channel).is_empty() {
            failures = 0;
            continue;
        }
        tokio::time::sleep(BATCH_DELAY).await;
        let changes = alerts.due(channel);
        if changes.is_empty() {
            continue;
        }
        let kinds: Vec<(AlertKind, AlertTransition)> =
            changes.iter().map(|(alert, change)| (alert.kind, *change)).collect();
        let listed = kinds.iter().map(|(kind, change)| format!("{kind} {change}")).collect::<Vec<_>>().join(", ");
        let titles = kinds.iter().map(|(kind, change)| title(*kind, *change)).collect::<Vec<_>>().join("; ");
        match sender.send(&changes).await {
            Ok(()) => {
                failures = 0;
                metrics::counter!("agentlocator_alert_deliveries_total", "channel" => channel.as_str(), "outcome" => "sent")
                    .increment(1);
                // A WhatsApp message is only queued by now.
                let done = if channel == AlertChannel::WhatsApp { "queued for" } else { "sent to" };
                tracing::info!(
                    event = "ALERT_SENT",
                    channel = channel.as_str(),
                    alerts = listed,
                    "Alerts {done} the owner by {channel}: {titles}"
                );
                alerts.note_delivery(channel, &kinds);
            }
            Err(reason) => {
                metrics::counter!("agentlocator_alert_deliveries_total", "channel" => channel.as_str(), "outcome" => "failed")
                    .increment(1);
                let wait = (AFTER_FAILURE * 2_u32.pow(failures.min(16))).min(MAX_RETRY_DELAY);
                failures += 1;
                // This is a warning although the channel retries, because the owner may see the alert nowhere else.
                tracing::warn!(
                    event = "ALERT_SEND_FAILED",
                    channel = channel.as_str(),
                    alerts = listed,
                    reason,
                    next_in_s = wait.as_secs(),
                    "Alerts could not be sent to the owner by {channel} ({reason}): {titles}. Retrying in {} s",
                    wait.as_secs()
                );
                tokio::time::sleep(wait).await;
            }
        }
    }
}

fn title(kind: AlertKind, change: AlertTransition) -> String {
    let state = match change {
        AlertTransition::Raised => "raised",
        AlertTransition::Lasts => "still active",
        AlertTransition::Cleared => "cleared",
    };
    format!("{} ({state})", messages::headline(Language::English, kind))
}

enum ChannelSender {
    Mail(Box<MailChannel>),
    WhatsApp(Arc<WhatsAppChannel>),
}

impl ChannelSender {
    fn channel(&self) -> AlertChannel {
        match self {
            Self::Mail(_) => AlertChannel::Mail,
            Self::WhatsApp(_) => AlertChannel::WhatsApp,
        }
    }

    /// On failure, returns the reason as text for log messages.
    async fn send(&self, changes: &[(Alert, AlertTransition)]) -> Result<(), String> {
        match self {
            Self::Mail(channel) => channel.send(changes).await,
            Self::WhatsApp(channel) => channel.send(changes).await,
        }
    }
}

const TICK: Duration = Duration::from_secs(1);
/// Notifications that become due within this time are sent in one message.
const BATCH_DELAY: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
const MAX_RETRY_DELAY: Duration = Duration::from_mins(30);
