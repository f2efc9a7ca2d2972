//! Catches up with calls to the account's Twilio numbers that the daemon did not answer.

use super::{CatchUp, CatchUpList, Ingested, PassError};
use crate::clock;
use crate::crm::call::{self, IncomingCall, MissedCall};
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{CallSid, Provider};
use crate::providers::twilio::account::{self, AccountNumber};
use crate::providers::twilio::forms::caller_id;
use crate::providers::twilio::lists::{Listed, ListedCall, Resource};
use std::collections::HashSet;
use std::time::Duration;

impl CatchUpList for ListedCall {
    async fn ingest(catch_up: &CatchUp, mut listed: Vec<Listed<Self>>) -> Result<Ingested, PassError> {
        listed.retain(|listed| listed.item.is_inbound());
        let sids: Vec<CallSid> = listed.iter().filter_map(|listed| listed.item.sid().parse().ok()).collect();
        let unknown = catch_up.store.read(move |tx| {
            let mut unknown = HashSet::new();
            for sid in sids {
                if tx.call_by_sid(&sid)?.is_none() {
                    unknown.insert(sid.to_string());
                }
            }
            Ok(unknown)
        });
        let unknown = unknown.await?;
        listed.retain(|listed| unknown.contains(listed.item.sid()));
        let (over, running): (Vec<_>, Vec<_>) = listed.into_iter().partition(|listed| listed.item.is_over());
        let longest_ago = clock::now().minus(MAX_CALL_DURATION);
        let unfinished = running.iter().filter_map(|listed| listed.item.at()).filter(|at| *at > longest_ago).min();
        let stored = if over.is_empty() { 0 } else { store(catch_up, over).await? };
        Ok(Ingested { stored, unfinished })
    }
}

/// Skips calls to numbers that another program answers. Calls of this process are stored by their own tasks, which
/// retry if the disk is full.
pub(super) async fn store(catch_up: &CatchUp, over: Vec<Listed<ListedCall>>) -> Result<usize, PassError> {
    let settings = catch_up.services.settings.current();
    let numbers = account::numbers(&catch_up.services.client, &settings.config.twilio, NUMBERS_TIMEOUT).await?;
    let base = settings.config.http.base_url();
    let country = settings.config.business.country;
    let mut stored = 0;
    for Listed { item, raw } in over {
        let (Ok(call_sid), Some(at)) = (item.sid().parse::<CallSid>(), item.at()) else { continue };
        let to = item.to.clone().unwrap_or_default();
        if catch_up.calls.is_known(&call_sid) {
            continue;
        }
        if numbers.iter().any(|number| number.phone_number == to && is_answered_elsewhere(number, base)) {
            continue;
        }
        let from = caller_id(item.from.as_deref().unwrap_or_default()).to_owned();
        let missed = MissedCall {
            call: IncomingCall { from, to, ..IncomingCall::by_sid(call_sid) },
            started_at: catch_up.clock.time_of(Provider::Twilio, at).min(clock::now()),
            duration_ms: item.duration_ms(),
        };
        let raw = RawWebhook {
            source: Provider::Twilio,
            path: "Calls.json",
            content_type: "application/json".to_owned(),
            body: raw.into(),
            is_repeated: false,
        };
        let is_new =
            catch_up.store.write(move |tx| call::store_missed(tx, &missed, &raw, country, clock::now())).await?;
        stored += usize::from(is_new);
    }
    Ok(stored)
}

fn is_answered_elsewhere(number: &AccountNumber, base: &str) -> bool {
    let url = &number.webhooks.voice_url;
    number.voice_application_sid.is_empty() && !url.is_empty() && !url.starts_with(base)
}

/// The longest call that Twilio allows.
const MAX_CALL_DURATION: Duration = Duration::from_hours(24);
const NUMBERS_TIMEOUT: Duration = Duration::from_secs(30);
