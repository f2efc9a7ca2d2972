//! Sends alerts by WhatsApp, as ordinary messages through the outbox; the routing policy selects the provider.

use super::message_context::MessageContext;
use crate::alerting::Alerts;
use crate::clock;
use crate::config::Config;
use crate::crm::{self, outbox};
use crate::domain::{
    Alert, AlertChannel, AlertKind, AlertTransition, Language, MessageId, MessageStatus, PhoneNumber, shortened,
};
use crate::messages;
use crate::runtime::outbox::Outbox;
use crate::store::{Store, WriteTx};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(super) struct WhatsAppChannel {
    to: PhoneNumber,
    context: MessageContext,
    outbox: Outbox,
    store: Store,
    in_flight: InFlightMessages,
}

/// Messages that were queued and whose outcome is not known yet. A synchronous mutex is enough: it is never held across
/// an `await`.
pub(super) type InFlightMessages = Arc<Mutex<Vec<InFlight>>>;

pub(super) struct InFlight {
    message: MessageId,
    deliveries: Vec<(AlertKind, AlertTransition)>,
}

impl WhatsAppChannel {
    /// `None` if the settings name no recipient.
    pub(super) fn new(
        config: &Config,
        context: MessageContext,
        (outbox, store): (Outbox, Store),
        in_flight: InFlightMessages,
    ) -> Option<Self> {
        let to = config.alerts.whatsapp_to.clone()?;
        Some(Self { to, context, outbox, store, in_flight })
    }

    /// Fails if no provider is up, because a queued message would arrive only after the problem has ended.
    pub(super) async fn send(&self, changes: &[(Alert, AlertTransition)]) -> Result<(), String> {
        let message = self.context.message(changes);
        let down = self.outbox.down().await;
        let mut rules = self.outbox.rules();
        rules.priority.retain(|provider| !down.contains(provider));
        if rules.priority.is_empty() || rules.only.is_some_and(|only| !rules.priority.contains(&only)) {
            return Err("no WhatsApp provider is up at the moment".to_owned());
        }
        let (to, text) = (self.to.clone(), shortened(message.body.trim_end(), MAX_CHARS).into_owned());
        let notify = move |tx: &WriteTx<'_>| outbox::notify_owner(tx, to, text, &rules, clock::now());
        let queued = crm::transact(&self.store, notify).await.map_err(|error| error.to_string())?;
        self.outbox.wake();
        let deliveries = changes.iter().map(|(alert, change)| (alert.kind, *change)).collect();
        self.in_flight().push(InFlight { message: queued.message_id, deliveries });
        Ok(())
    }

    /// If a queued message failed permanently, its notifications become due again.
    pub(super) async fn watch(&self, alerts: &Alerts) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let messages: Vec<MessageId> = self.in_flight().iter().map(|one| one.message).collect();
            for message in messages {
                let found = self.store.read(move |tx| tx.message(message)).await;
                let Ok(found) = found else { continue };
                let status = found.as_ref().map_or(MessageStatus::Failed, |message| message.status);
                if status == MessageStatus::Queued {
                    continue;
                }
                if status == MessageStatus::Failed {
                    let reason = match found.map(|message| message.error) {
                        None => "the message was deleted".to_owned(),
                        Some(error) => {
                            error.map(|error| messages::stored(Language::English, &error)).unwrap_or_default()
                        }
                    };
                    tracing::warn!(event = "ALERT_SEND_FAILED", channel = "whatsapp", message.id = %message, reason, "Alert message {message} to the owner by WhatsApp failed; its notifications, except outdated ones, are due again in {} minutes", AFTER_FAILURE.as_secs() / 60);
                    // Waits, because an immediate retry would fail for the same reason.
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
                // The message is removed from the list last: if a change of settings ends this function earlier, the
                // message is checked again.
                let done = {
                    let mut all = self.in_flight();
                    let at = all.iter().position(|one| one.message == message);
                    at.map(|at| all.swap_remove(at))
                };
                if let Some(done) = done.filter(|_| status == MessageStatus::Failed) {
                    alerts.withdraw_delivery(AlertChannel::WhatsApp, &done.deliveries);
                }
            }
        }
    }

    fn in_flight(&self) -> std::sync::MutexGuard<'_, Vec<InFlight>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The maximum length of a message that Twilio accepts, in characters.
const MAX_CHARS: usize = 1600;
const POLL_INTERVAL: Duration = Duration::from_secs(3);
const AFTER_FAILURE: Duration = Duration::from_mins(5);
