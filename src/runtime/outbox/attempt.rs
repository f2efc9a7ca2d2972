//! One step of one message: an attempt to send it, a lookup in Twilio's list, or the final failure.

use super::shared::{Shared, delivery, route_input};
use crate::crm;
use crate::domain::{NotSent, Notice, Outcome, Provider, ProviderError, Search, StoredNotice};
use crate::inbox::delivery::{Delivery, Reason, Step, StepResult};
use crate::inbox::policy::Route;
use crate::messages;
use crate::providers::twilio::error_messages;
use crate::runtime::ActiveSettings;
use crate::store::{OutboxEntry, WriteTx};
use crate::{clock, entropy, store};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) settings: Arc<ActiveSettings>,
    pub(super) entry: OutboxEntry,
}

pub(super) struct Ended {
    /// True if the bridge has sent the message, or may have sent it, so that it counts towards the send rate.
    pub(super) counts: bool,
}

impl Attempt {
    pub(super) async fn run(self) -> Ended {
        let mut delivery = delivery(&self.entry);
        let (result, provider_error) = match self.plan(&delivery).await {
            Step::Send(route) => {
                let Some(ended) = self.send(&mut delivery, route).await else { return Ended { counts: false } };
                ended
            }
            Step::Search => self.search(&mut delivery).await,
            Step::GiveUp(reason) => (StepResult::Failed(reason), None),
        };
        let may_be_sent = delivery.unconfirmed || matches!(result, StepResult::Sent { .. });
        let counts = delivery.route.provider == Provider::Baileys && may_be_sent;
        self.record(delivery, result, provider_error).await;
        Ended { counts }
    }

    /// If there is a choice of providers, queries the bridge's state before the bridge is chosen.
    async fn plan(&self, delivery: &Delivery) -> Step {
        let step = self.step(delivery);
        let chosen = matches!(step, Step::Send(Route { provider: Provider::Baileys, .. }));
        if chosen && !delivery.unconfirmed && self.entry.named.is_none() && self.settings.rules.priority.len() > 1 {
            self.shared.health.refresh().await;
            return self.step(delivery);
        }
        step
    }

    fn step(&self, delivery: &Delivery) -> Step {
        let now = clock::now();
        let down = self.shared.health.down(now);
        delivery.next(&route_input(&self.entry, &self.settings.rules, &down, now))
    }

    /// Returns `None` if the message must no longer be sent, or if the attempt could not be recorded beforehand.
    async fn send(&self, delivery: &mut Delivery, route: Route) -> Option<(StepResult, Option<ProviderError>)> {
        if !delivery.unconfirmed
            && let Err(provider_error) = self.settings.senders.inspect(&self.entry).await
        {
            return Some((StepResult::Failed(Reason::Refused(provider_error.clone())), Some(provider_error)));
        }
        let began_at = clock::now();
        let entry = self.entry.clone();
        match self.shared.store.write(move |tx| crm::outbox::begin(tx, &entry, route, began_at)).await {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                self.report_failure(&error, "cannot record an attempt to send it; it is sent once this is recorded");
                tokio::time::sleep(AFTER_FAILURE).await;
                return None;
            }
        }
        delivery.begin(route, began_at);
        let outcome = self.shared.health.explain(self.settings.senders.send(route, &self.entry).await);
        self.report(route, &outcome, began_at);
        let now = clock::now();
        let down = self.shared.health.down(now);
        let route_input = route_input(&self.entry, &self.settings.rules, &down, now);
        let provider_error = match &outcome {
            Outcome::Sent { .. } => None,
            Outcome::NotSent(_, provider_error) | Outcome::Unconfirmed(provider_error) => Some(provider_error.clone()),
        };
        Some((delivery.after_attempt(outcome, &route_input, entropy::chance()), provider_error))
    }

    /// List entries that belong to another message of the outbox are ignored.
    async fn search(&self, delivery: &mut Delivery) -> (StepResult, Option<ProviderError>) {
        let since = delivery.attempt_at.unwrap_or(self.entry.created_at);
        let search = match self.settings.senders.find(&self.entry, since).await {
            Ok(ids) => {
                let unknown = self.shared.store.read(move |tx| tx.unknown_provider_ids(Provider::Twilio, ids)).await;
                match unknown.map(|ids| ids.into_iter().next()) {
                    Ok(Some(sid)) => Search::Found(sid),
                    Ok(None) => Search::NotFound,
                    Err(error) => Search::Unreachable(store_error(&error)),
                }
            }
            Err(provider_error) => Search::Unreachable(provider_error),
        };
        let provider_error = match &search {
            Search::Unreachable(provider_error) => Some(provider_error.clone()),
            Search::Found(_) | Search::NotFound => None,
        };
        (delivery.after_search(search, clock::now(), entropy::chance()), provider_error)
    }

    /// Retries until the outcome is recorded, because without the record, the message might be sent again.
    async fn record(&self, delivery: Delivery, result: StepResult, provider_error: Option<ProviderError>) {
        let error = match &result {
            StepResult::Failed(reason) => Some(crm::outbox::reason(reason)),
            StepResult::Retry { .. } if delivery.unconfirmed => Some(crm::outbox::unconfirmed()),
            StepResult::Sent { .. } | StepResult::Retry { .. } => None,
        };
        if let (StepResult::Failed(_), Some((code, notice))) = (&result, &error) {
            let message = self.entry.message;
            metrics::counter!("agentlocator_whatsapp_failed_total").increment(1);
            let reason = messages::logged(code, notice);
            tracing::warn!(event = "WA_OUT_FAILED", message.id = %message, code, reason, "Message {message} failed permanently: {reason}");
        }
        let recorded = Arc::new((self.entry.clone(), delivery, result, error, provider_error));
        loop {
            let step = recorded.clone();
            let Err(error) = self.shared.store.write(move |tx| finish(tx, &step)).await else { return };
            self.report_failure(&error, "cannot record the outcome of an attempt to send it; retrying");
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }

    fn record_account_status(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Sent { .. } => self.shared.alerts.record_twilio_access(None),
            Outcome::NotSent(_, provider_error) if error_messages::is_account_refused(&provider_error.code) => {
                self.shared.alerts.record_twilio_access(Some(provider_error.notice.clone().into()));
            }
            Outcome::NotSent(..) | Outcome::Unconfirmed(_) => {}
        }
    }

    fn report_failure(&self, error: &store::Error, what: &str) {
        let (message, error) = (self.entry.message, error as &dyn std::error::Error);
        tracing::error!(event = "OUTBOX_FAILED", message.id = %message, error, "Message {message}: {what}");
    }

    fn report(&self, route: Route, outcome: &Outcome, began_at: crate::domain::Timestamp) {
        let now = clock::now();
        let label = match outcome {
            Outcome::Sent { .. } => {
                self.shared.health.record_up(route.provider);
                "sent"
            }
            Outcome::NotSent(NotSent::Down, _) => {
                self.shared.health.record_down(route.provider, now);
                "down"
            }
            Outcome::NotSent(NotSent::Busy(_), _) => "busy",
            Outcome::NotSent(NotSent::NoFile, _) => "no_file",
            Outcome::NotSent(..) => "refused",
            Outcome::Unconfirmed(_) => {
                if route.provider == Provider::Twilio {
                    self.shared.health.record_down(route.provider, now);
                }
                "unconfirmed"
            }
        };
        let code = match outcome {
            Outcome::Sent { .. } => "",
            Outcome::NotSent(_, provider_error) | Outcome::Unconfirmed(provider_error) => provider_error.code.as_str(),
        };
        let labels = [("provider", route.provider.as_str()), ("outcome", label)];
        metrics::counter!("agentlocator_whatsapp_sent_total", &labels).increment(1);
        if route.provider == Provider::Twilio {
            self.record_account_status(outcome);
        }
        let event = match route.provider {
            Provider::Twilio => "WA_OUT_TWILIO",
            Provider::Baileys => "WA_OUT_BAILEYS",
        };
        let (message, took_ms) = (self.entry.message, now.since(began_at).as_millis());
        let to = self.entry.recipient.as_ref().map(|to| to.masked().to_string()).unwrap_or_default();
        let shown = match outcome {
            Outcome::Sent { .. } => "accepted".to_owned(),
            Outcome::NotSent(_, provider_error) => {
                format!("not sent: {}", messages::logged(code, &provider_error.notice))
            }
            Outcome::Unconfirmed(provider_error) => {
                format!("it is not known whether it was sent: {}", messages::logged(code, &provider_error.notice))
            }
        };
        let provider = route.provider.as_str();
        tracing::info!(
            event,
            message.id = %message,
            to,
            outcome = label,
            code,
            attempt = self.entry.attempts + 1,
            template = route.template,
            took_ms,
            "Message {message} to {to} by {provider}: {shown}"
        );
    }
}

type Recorded = (OutboxEntry, Delivery, StepResult, Option<(String, StoredNotice)>, Option<ProviderError>);

fn finish(tx: &WriteTx<'_>, recorded: &Recorded) -> store::Result<()> {
    let (entry, delivery, result, error, provider_error) = recorded;
    let error = error.as_ref().map(|(code, notice)| (code.as_str(), notice));
    let provider_error = provider_error.as_ref().map(|provider_error| &provider_error.notice);
    crm::outbox::finish(tx, entry, delivery, result, error, provider_error, clock::now())
}

fn store_error(error: &store::Error) -> ProviderError {
    ProviderError { code: "store".to_owned(), notice: Notice::MessageUnknown { reason: error.into() }.into() }
}

const AFTER_FAILURE: Duration = Duration::from_secs(1);
