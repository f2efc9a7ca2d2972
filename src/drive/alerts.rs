//! Notifies the owner of alerts by mail and by WhatsApp. Each channel has its own loop, so a broken channel does not
//! delay the other.

mod mail;
mod whatsapp;

use crate::config::Config;
use crate::domain::{Alert, AlertKind, AlertNews, AlertWay};
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
                if let Some(way) = by_mail {
                    tell_by(&alerts, &Teller::Mail(Box::new(way)), woken.clone()).await;
                }
            },
            async {
                if let Some(way) = by_whatsapp {
                    let teller = Teller::WhatsApp(way.clone());
                    tokio::join!(tell_by(&alerts, &teller, woken.clone()), way.watch(&alerts));
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
    let (way, mut failures) = (teller.way(), 0_u32);
    while woken.changed().await.is_ok() {
        if alerts.due(way).is_empty() {
            failures = 0;
            continue;
        }
        tokio::time::sleep(GATHER).await;
        let news = alerts.due(way);
        if news.is_empty() {
            continue;
        }
        let kinds: Vec<(AlertKind, AlertNews)> = news.iter().map(|(alert, news)| (alert.kind, *news)).collect();
        let listed = kinds.iter().map(|(kind, news)| format!("{kind} {news}")).collect::<Vec<_>>().join(", ");
        match teller.tell(&news).await {
            Ok(()) => {
                failures = 0;
                metrics::counter!("agentlocator_alerts_told_total", "way" => way.as_str(), "outcome" => "told")
                    .increment(1);
                tracing::info!(
                    event = "ALERT_TOLD",
                    way = way.as_str(),
                    alerts = listed,
                    "Alerts sent to the owner: {listed}"
                );
                alerts.note_told(way, &kinds);
            }
            Err(reason) => {
                metrics::counter!("agentlocator_alerts_told_total", "way" => way.as_str(), "outcome" => "failed")
                    .increment(1);
                let wait = (AFTER_FAILURE * 2_u32.pow(failures.min(16))).min(LONGEST_WAIT);
                failures += 1;
                tracing::warn!(
                    event = "ALERT_NOT_TOLD",
                    way = way.as_str(),
                    alerts = listed,
                    reason,
                    next_in_s = wait.as_secs(),
                    "Alerts could not be sent to the owner by {way}, and are retried: {reason}"
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
    fn way(&self) -> AlertWay {
        match self {
            Self::Mail(_) => AlertWay::Mail,
            Self::WhatsApp(_) => AlertWay::WhatsApp,
        }
    }

    /// Sends the notifications; on failure returns the reason as a sentence.
    async fn tell(&self, news: &[(Alert, AlertNews)]) -> Result<(), String> {
        match self {
            Self::Mail(way) => way.tell(news).await,
            Self::WhatsApp(way) => way.tell(news).await,
        }
    }
}

impl Letterhead {
    fn words(&self, news: &[(Alert, AlertNews)]) -> Words {
        Words::of(news, &self.business, &self.page, self.hebrew, |at| local_time::moment(at, &self.zone))
    }
}

/// How often the timers are checked while an alert is pending.
const TICK: Duration = Duration::from_secs(1);
/// Alerts that come within this time are sent in one message.
const GATHER: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(30);
