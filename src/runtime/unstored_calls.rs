//! Stores the ends of calls that could not be stored, for example because the disk was full. Retries until they are
//! stored, also in the next process. Without a record, the catch-up with Twilio's list would store such a call as a
//! missed call.

use super::jobs::Jobs;
use crate::clock;
use crate::crm::call::{self, EndedStream};
use crate::domain::CallSid;
use crate::store::{Error, Store, UnstoredRecords};
use phonenumber::country;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long this process retries. The next process retries again.
const GIVE_UP_AFTER: Duration = Duration::from_hours(24);

/// Retries for at most [`GIVE_UP_AFTER`]. `refused` is the error of the first attempt.
pub(super) async fn store_until_stored(store: &Store, ended: Arc<EndedStream>, country: country::Id, refused: Error) {
    keep(store, ended.clone(), UnstoredRecords::put).await;
    let (sid, error) = (&ended.sid, refused.to_string());
    tracing::info!(event = "CALL_END_NOT_STORED", call.sid = %sid, error, "The end of call {sid} cannot be stored yet; retrying every 5 s");
    retry(store, ended, country, error).await;
}

/// If this process is killed before the call ends, the call is later stored with the data of this record.
pub(super) async fn keep_cut_off(store: &Store, cut_off: Arc<EndedStream>) {
    // The call may have ended in the meantime. The record of its end must not be overwritten.
    keep(store, cut_off, UnstoredRecords::put_first).await;
}

async fn keep(
    store: &Store,
    ended: Arc<EndedStream>,
    put: impl FnOnce(&UnstoredRecords, &str, &str) -> io::Result<()> + Send + 'static,
) {
    let (records, sid) = (store.clone(), ended.sid.clone());
    let kept = tokio::task::spawn_blocking(move || {
        let record = serde_json::to_string(&*ended)?;
        put(records.unstored(), ended.sid.as_str(), &record)
    });
    if let Ok(Err(error)) = kept.await {
        tracing::warn!(event = "CALL_RECORD_FAILED", call.sid = %sid, %error, "Cannot write the temporary record of call {sid} to live/unstored; if the daemon stops before the database stores the end of the call, that end is lost");
    }
}

pub(super) async fn discard(store: &Store, sid: &CallSid) {
    if !is_kept(store, sid) {
        return;
    }
    let (records, key) = (store.clone(), sid.clone());
    let removed = tokio::task::spawn_blocking(move || records.unstored().remove(key.as_str()));
    if let Ok(Err(error)) = removed.await {
        tracing::warn!(event = "CALL_RECORD_FAILED", call.sid = %sid, %error, "Call {sid} is stored, but its temporary record in live/unstored cannot be deleted; the next start deletes it");
    }
}

pub(super) fn is_kept(store: &Store, sid: &CallSid) -> bool {
    store.unstored().contains(sid.as_str())
}

/// Must run before Twilio's lists are read.
pub fn resume(store: &Store, jobs: &Jobs, country: country::Id) {
    for (key, record) in store.unstored().all() {
        let (store, jobs) = (store.clone(), jobs.clone());
        match serde_json::from_str::<EndedStream>(&record) {
            Ok(ended) => {
                tracing::info!(event = "CALL_RECORD_FOUND", call.sid = %ended.sid, "Storing the end of call {}, which an earlier run did not store", ended.sid);
                tokio::spawn(async move {
                    retry(&store, Arc::new(ended), country, String::new()).await;
                    jobs.wake();
                });
            }
            Err(error) => {
                tracing::warn!(event = "CALL_RECORD_UNREADABLE", %error, "The temporary record of call {key} in live/unstored is unreadable and is deleted; the end of this call is lost");
                tokio::task::spawn_blocking(move || store.unstored().remove(&key));
            }
        }
    }
}

/// Retries until the end is stored, for at most [`GIVE_UP_AFTER`]. `last_error` is the error that was logged last; the
/// same error is not logged again.
async fn retry(store: &Store, ended: Arc<EndedStream>, country: country::Id, mut last_error: String) {
    let deadline = clock::instant() + GIVE_UP_AFTER;
    let sid = &ended.sid;
    while clock::instant() < deadline {
        let (asked, again) = (ended.clone(), ended.clone());
        if store.read(move |tx| call::is_stream_end_stored(tx, &asked)).await.unwrap_or(false) {
            return discard(store, sid).await;
        }
        match store.write(move |tx| call::end_stream(tx, &again, country)).await {
            Ok(()) => return discard(store, sid).await,
            Err(error) => {
                let error = error.to_string();
                if error != last_error {
                    tracing::info!(event = "CALL_END_NOT_STORED", call.sid = %sid, error, "The end of call {sid} cannot be stored yet; retrying every 5 s");
                    last_error = error;
                }
            }
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
    let next = if is_kept(store, sid) { "the next start tries again" } else { "it is lost" };
    tracing::error!(event = "CALL_END_NOT_STORED", call.sid = %sid, error = last_error, "The end of call {sid} could not be stored for a day; {next}");
}
