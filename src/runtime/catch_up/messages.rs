//! Catches up with WhatsApp messages to the configured sender at Twilio, and with the statuses of sent messages.

use super::{CatchUp, CatchUpList, Ingested, PassError};
use crate::clock;
use crate::crm::inbox;
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{BusinessId, InboundMessage, MessageUpdate, Provider, Timestamp};
use crate::inbox::message_time::Arrival;
use crate::providers::twilio::lists::{self, Listed, ListedMessage, Resource};
use crate::providers::twilio::whatsapp;
use crate::runtime::inbound_messages;

enum PendingWrite {
    Store(Box<InboundMessage>, RawWebhook, Arrival),
    /// The webhook of a message does not contain the time at which it was written.
    Time {
        sid: String,
        provider_time: Timestamp,
        written: Timestamp,
    },
    /// Advance the status of an outbound message, because a status callback was lost.
    Status(Box<MessageUpdate>),
}

impl CatchUpList for ListedMessage {
    async fn ingest(catch_up: &CatchUp, mut listed: Vec<Listed<Self>>) -> Result<Ingested, PassError> {
        let settings = catch_up.services.settings.current();
        let mut work = new_statuses(catch_up, &listed).await?;
        listed.retain(|listed| listed.item.is_inbound_whatsapp_to(settings.config.twilio.wa_from.as_ref()));
        let sids: Vec<String> = listed.iter().map(|listed| listed.item.sid().to_owned()).collect();
        let known = catch_up.store.read(move |tx| {
            let has_time = |sid: &String| -> crate::store::Result<Option<bool>> {
                match tx.has_provider_time(Provider::Twilio, sid)? {
                    // An erased message counts as known, so that it is not stored again.
                    None if tx.was_erased(sid)? => Ok(Some(true)),
                    known => Ok(known),
                }
            };
            sids.iter().map(has_time).collect::<crate::store::Result<Vec<_>>>()
        });
        for (listed, has_time) in listed.into_iter().zip(known.await?) {
            match (has_time, listed.item.at()) {
                (None, _) => work.extend(new_message(catch_up, listed).await?),
                (Some(false), Some(provider_time)) => work.push(PendingWrite::Time {
                    sid: listed.item.sid().to_owned(),
                    provider_time,
                    written: catch_up.clock.time_of(Provider::Twilio, provider_time),
                }),
                (Some(_), _) => {}
            }
        }
        let mut ingested = Ingested::default();
        while !work.is_empty() {
            let some: Vec<_> = work.drain(..work.len().min(BATCH_SIZE)).collect();
            let settings = settings.clone();
            ingested.stored += catch_up
                .store
                .write(move |tx| {
                    let mut stored = 0;
                    for work in &some {
                        match work {
                            PendingWrite::Store(message, raw, arrival) => {
                                let received =
                                    inbound_messages::receive(tx, &settings, message, raw, *arrival, clock::now())?;
                                stored += usize::from(received.is_some_and(|received| received.message.is_some()));
                            }
                            PendingWrite::Time { sid, provider_time, written } => {
                                inbox::note_provider_time(tx, Provider::Twilio, sid, *provider_time, *written)?;
                            }
                            PendingWrite::Status(update) => {
                                inbox::apply_listed_status(tx, BusinessId::FIRST, update, clock::now())?;
                            }
                        }
                    }
                    Ok(stored)
                })
                .await?;
        }
        let labels = [("provider", "twilio"), ("duplicate", "false")];
        metrics::counter!("agentlocator_whatsapp_received_total", &labels).increment(ingested.stored as u64);
        Ok(ingested)
    }
}

async fn new_statuses(catch_up: &CatchUp, listed: &[Listed<ListedMessage>]) -> Result<Vec<PendingWrite>, PassError> {
    let outbound = listed.iter().filter(|listed| listed.item.is_outbound_whatsapp());
    let updates: Vec<MessageUpdate> =
        outbound.filter_map(|listed| whatsapp::status(&listed.item.status_form()).ok().flatten()).collect();
    let known = catch_up.store.read(move |tx| {
        let is_new = |update: &MessageUpdate| inbox::is_new_status(tx, update);
        updates.into_iter().filter_map(|update| is_new(&update).map(|new| new.then_some(update)).transpose()).collect()
    });
    let updates: Vec<MessageUpdate> = known.await?;
    Ok(updates.into_iter().map(|update| PendingWrite::Status(Box::new(update))).collect())
}

/// As its webhook would have described it; `None` if the entry is malformed or not from a contact.
async fn new_message(catch_up: &CatchUp, listed: Listed<ListedMessage>) -> Result<Option<PendingWrite>, PassError> {
    let settings = catch_up.services.settings.current();
    let (twilio, country) = (&settings.config.twilio, settings.config.business.country);
    let Listed { item, raw } = listed;
    let media =
        if item.has_media() { lists::media(&catch_up.services.client, twilio, item.sid()).await? } else { vec![] };
    let Ok(message) = whatsapp::message(&item.form(&media), twilio.wa_from.as_ref(), country) else {
        return Ok(None);
    };
    let message = InboundMessage { provider_time: item.at(), waited: true, ..message };
    let raw = RawWebhook {
        source: Provider::Twilio,
        path: "Messages.json",
        content_type: "application/json".to_owned(),
        body: raw.into(),
        // Stores the webhook entry only if the message is new.
        is_repeated: true,
    };
    let arrival = catch_up.clock.arrival(&message);
    Ok(Some(PendingWrite::Store(Box::new(message), raw, arrival)))
}

const BATCH_SIZE: usize = 50;
