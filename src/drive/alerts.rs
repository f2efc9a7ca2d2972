//! Tells the owner what needs a person: by mail and by WhatsApp, each by its own loop, so that one that is broken does
//! not hold up the other.

mod mail;
mod whatsapp;

use crate::config::Config;
use crate::domain::{Alert, AlertKind, AlertNews, AlertWay};
use crate::drive::outbox::Outbox;
use crate::ops::alert::{Alerts, Patience, Words};
use crate::ops::local_time;
use crate::store::Store;
use mail::ByMail;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use whatsapp::ByWhatsApp;

/// What a message of alerts is made with.
#[derive(Clone)]
struct Letterhead {
    business: String,
    page: String,
    hebrew: bool,
}

/// Tells what there is to tell until `stopping`. `page` is where the page is.
pub async fn run(
    alerts: Alerts,
    config: Arc<Config>,
    page: String,
    outbox: Outbox,
    store: Store,
    mut stopping: watch::Receiver<bool>,
) {
    let head = Letterhead {
        business: config.agent.business_name.clone(),
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

/// How long what is raised is to be so before it is one.
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

/// Lets time do its work, and wakes those who tell.
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

/// Tells what is due by one way. What comes together is told together; what fails is tried again, ever later.
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
                    "The owner was told: {listed}"
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
                    "The owner could not be told by {way}: {reason}"
                );
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Who tells.
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

    /// Tells; why not, as a sentence.
    async fn tell(&self, news: &[(Alert, AlertNews)]) -> Result<(), String> {
        match self {
            Self::Mail(way) => way.tell(news).await,
            Self::WhatsApp(way) => way.tell(news).await,
        }
    }
}

impl Letterhead {
    fn words(&self, news: &[(Alert, AlertNews)]) -> Words {
        Words::of(news, &self.business, &self.page, self.hebrew, |at| local_time::moment(at, super::TIME_ZONE))
    }
}

/// How often time is looked at while something goes on.
const TICK: Duration = Duration::from_secs(1);
/// What comes within this is told in one message.
const GATHER: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(30);
