//! Notifies the owner of alerts by mail and by WhatsApp. Each channel has its own loop, so a broken channel does not
//! delay the other.

mod mail;
mod whatsapp;

use crate::config::Config;
use crate::domain::{Alert, AlertChannel, AlertKind, AlertTransition};
use crate::drive::outbox::Outbox;
use crate::ops::alert::{Alerts, Patience, Words};
use crate::ops::local_time;
use crate::store::Store;
use jiff::tz::TimeZone;
use mail::ByMail;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use whatsapp::ByWhatsApp;

/// What an alert message contains besides the alerts.
#[derive(Clone)]
struct Letterhead {
    business: String,
    zone: TimeZone,
    page: String,
    hebrew: bool,
}

/// Sends due notifications until `stopping`. `page` is the address of the web page.
pub async fn run(
    alerts: Alerts,
    config: Arc<Config>,
    page: String,
    outbox: Outbox,
    store: Store,
    mut stopping: watch::Receiver<bool>,
) {
    let head = Letterhead {
        business: config.business.name.clone(),
        zone: config.business.time_zone.clone(),
        page: format!("{page}/app/"),
        hebrew: config.alerts_in_hebrew(),
    };
    let by_mail = ByMail::new(&config, head.clone());
    let by_whatsapp = ByWhatsApp::new(&config, head, outbox, store).map(Arc::new);
    let (wake, woken) = watch::channel(0_u64);
    let telling = async {
        tokio::join!(
            advance(&alerts, &wake),
            async {
                if let Some(channel) = by_mail {
                    tell_by(&alerts, &Teller::Mail(Box::new(channel)), woken.clone()).await;
                }
            },
            async {
                if let Some(channel) = by_whatsapp {
                    let teller = Teller::WhatsApp(channel.clone());
                    tokio::join!(tell_by(&alerts, &teller, woken.clone()), channel.watch(&alerts));
                }
            },
        )
    };
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        _ = telling => {}
    }
}

/// How long each condition must last before its alert is raised.
pub fn patience(config: &Config) -> Patience {
    let alerts = &config.alerts;
    Patience {
        bridge_down: Duration::from_secs(alerts.bridge_down_after_s.into()),
        replication: Duration::from_secs(alerts.replication_after_s.into()),
        settle: Duration::from_secs(alerts.settle_s.into()),
        repeat: Duration::from_hours(alerts.repeat_hours.into()),
        failed_calls: alerts.failed_calls,
    }
}

/// Advances the alerts' timers, and wakes the channels.
async fn advance(alerts: &Alerts, wake: &watch::Sender<u64>) {
    loop {
        alerts.advance();
        wake.send_modify(|count| *count += 1);
        if alerts.is_quiet() {
            alerts.changed().await;
        } else {
            let _ = tokio::time::timeout(TICK, alerts.changed()).await;
        }
    }
}

/// Sends the notifications that are due on one channel. Alerts that become due together are sent in one message; after
/// a failure, the channel retries with growing delays.
async fn tell_by(alerts: &Alerts, teller: &Teller, mut woken: watch::Receiver<u64>) {
    let (channel, mut failures) = (teller.channel(), 0_u32);
    while woken.changed().await.is_ok() {
        if alerts.due(channel).is_empty() {
            failures = 0;
            continue;
        }
        tokio::time::sleep(GATHER).await;
        let changes = alerts.due(channel);
        if changes.is_empty() {
            continue;
        }
        let kinds: Vec<(AlertKind, AlertTransition)> =
            changes.iter().map(|(alert, change)| (alert.kind, *change)).collect();
        let listed = kinds.iter().map(|(kind, change)| format!("{kind} {change}")).collect::<Vec<_>>().join(", ");
        match teller.tell(&changes).await {
            Ok(()) => {
                failures = 0;
                metrics::counter!("agentlocator_alert_deliveries_total", "channel" => channel.as_str(), "outcome" => "sent")
                    .increment(1);
                tracing::info!(
                    event = "ALERT_SENT",
                    channel = channel.as_str(),
                    alerts = listed,
                    "Alerts sent to the owner: {listed}"
                );
                alerts.note_delivery(channel, &kinds);
            }
            Err(reason) => {
                metrics::counter!("agentlocator_alert_deliveries_total", "channel" => channel.as_str(), "outcome" => "failed")
                    .increment(1);
                let wait = (AFTER_FAILURE * 2_u32.pow(failures.min(16))).min(LONGEST_WAIT);
                failures += 1;
                tracing::warn!(
                    event = "ALERT_SEND_FAILED",
                    channel = channel.as_str(),
                    alerts = listed,
                    reason,
                    next_in_s = wait.as_secs(),
                    "Alerts could not be sent to the owner by {channel}, and are retried: {reason}"
                );
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// A channel that sends alerts.
enum Teller {
    Mail(Box<ByMail>),
    WhatsApp(Arc<ByWhatsApp>),
}

impl Teller {
    fn channel(&self) -> AlertChannel {
        match self {
            Self::Mail(_) => AlertChannel::Mail,
            Self::WhatsApp(_) => AlertChannel::WhatsApp,
        }
    }

    /// Sends the notifications; on failure returns the reason as a sentence.
    async fn tell(&self, changes: &[(Alert, AlertTransition)]) -> Result<(), String> {
        match self {
            Self::Mail(channel) => channel.tell(changes).await,
            Self::WhatsApp(channel) => channel.tell(changes).await,
        }
    }
}

impl Letterhead {
    fn words(&self, changes: &[(Alert, AlertTransition)]) -> Words {
        Words::of(changes, &self.business, &self.page, self.hebrew, |at| local_time::moment(at, &self.zone))
    }
}

/// How often the timers are checked while an alert is pending.
const TICK: Duration = Duration::from_secs(1);
/// Alerts that come within this time are sent in one message.
const GATHER: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(30);
