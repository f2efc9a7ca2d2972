//! Catches up with recordings that Twilio made, of known and of missed calls. Their files are downloaded by the same
//! job as all other recordings.

use super::{CatchUp, CatchUpList, Ingested, PassError, calls};
use crate::clock;
use crate::crm::call::IncomingCall;
use crate::crm::recording::{self, NewRecording, RecordingPurpose};
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{CallSid, Provider, RecordingSid};
use crate::providers::twilio::lists::{self, Listed, ListedRecording, Resource};
use std::time::Duration;

impl CatchUpList for ListedRecording {
    async fn ingest(catch_up: &CatchUp, listed: Vec<Listed<Self>>) -> Result<Ingested, PassError> {
        let mut ingested = Ingested::default();
        let longest_ago = clock::now().minus(MAX_WAIT);
        for listed in listed {
            match listed.item.is_ready() {
                Some(true) => ingested.stored += usize::from(store(catch_up, listed).await?),
                Some(false) => {}
                None => {
                    let unfinished = listed.item.at().filter(|at| *at > longest_ago);
                    ingested.unfinished = [ingested.unfinished, unfinished].into_iter().flatten().min();
                }
            }
        }
        Ok(ingested)
    }
}

/// Returns true if the recording was stored. A recording of a call that cannot be stored is skipped.
async fn store(catch_up: &CatchUp, Listed { item, raw }: Listed<ListedRecording>) -> Result<bool, PassError> {
    let (Ok(recording_sid), Some(Ok(call_sid))) =
        (item.sid().parse::<RecordingSid>(), item.call_sid.as_deref().map(str::parse::<CallSid>))
    else {
        return Ok(false);
    };
    let (recording, call) = (recording_sid.clone(), call_sid.clone());
    let known =
        catch_up.store.read(move |tx| Ok((tx.has_recording(recording.as_str())?, tx.call_by_sid(&call)?.is_some())));
    let (has_recording, has_call) = known.await?;
    if has_recording || !(has_call || store_missed_call(catch_up, &call_sid).await?) {
        return Ok(false);
    }
    let settings = catch_up.services.settings.current();
    let new = NewRecording {
        // The call is already stored, so its numbers are not needed here.
        call: IncomingCall::by_sid(call_sid),
        recording_sid,
        url: item.url(&settings.config.twilio)?,
        duration_ms: item.duration_ms(),
        purpose: RecordingPurpose::Found,
    };
    let raw = RawWebhook {
        source: Provider::Twilio,
        path: "Recordings.json",
        content_type: "application/json".to_owned(),
        body: raw.into(),
        is_repeated: false,
    };
    let country = settings.config.business.country;
    catch_up.store.write(move |tx| recording::ingest(tx, &new, &raw, country, clock::now())).await?;
    Ok(true)
}

/// For a recording whose call the list of calls did not contain. Returns true if the call was stored. Skips a call
/// that is not inbound or not over, a call to a number that another program answers, and a call that a task of this
/// process stores.
async fn store_missed_call(catch_up: &CatchUp, sid: &CallSid) -> Result<bool, PassError> {
    let settings = catch_up.services.settings.current();
    let call = match lists::call(&catch_up.services.client, &settings.config.twilio, sid.as_str()).await {
        Ok(call) => call,
        Err(error) if error.is_call_over() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if !call.is_inbound() || !call.is_over() {
        return Ok(false);
    }
    let raw = serde_json::json!({ "sid": sid, "from": call.from, "to": call.to }).to_string();
    Ok(calls::store(catch_up, vec![Listed { item: call, raw }]).await? > 0)
}

/// How long to wait for a recording that is not ready. After this time it is skipped.
const MAX_WAIT: Duration = Duration::from_hours(24);
