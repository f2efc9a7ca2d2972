//! Fetches the recordings that Twilio made.

use super::active_settings::MAX_RECORDING_BYTES;
use super::calls::CallServices;
use super::jobs::JobError;
use crate::clock;
use crate::crm::recording::{self, FetchJob};
use crate::providers::twilio::rest::{self, AudioFile};
use crate::store::{self, Job, WriteTx};
use std::time::Duration;

const DOWNLOAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a recording that Twilio does not find is retried. Twilio stores a recording some seconds after its end.
const NOT_FOUND_FOR: Duration = Duration::from_hours(24);
/// How long a recording is left at Twilio while the disk is nearly full, while Twilio rejects the account, or while the
/// download fails.
const MAX_WAIT: Duration = Duration::from_hours(30 * 24);

pub fn fail(tx: &WriteTx<'_>, job: &Job, why: &str) -> store::Result<()> {
    match serde_json::from_str::<FetchJob>(&job.payload) {
        Ok(payload) => recording::fail(tx, &payload.recording_sid, why, clock::now()),
        Err(_) => Ok(()),
    }
}

/// Idempotent.
pub async fn fetch(services: CallServices, job: Job) -> Result<(), JobError> {
    let payload: FetchJob =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let sid = payload.recording_sid.clone();
    let later = |error: store::Error| JobError::Retry(error.to_string());
    let wanted = sid.clone();
    let known = services.store.read(move |tx| tx.recording_to_fetch(wanted.as_str())).await.map_err(later)?;
    let Some(known) = known else {
        // An earlier job, which did not know that the recording is a message, may have stored the file.
        if payload.is_message {
            let queued = services
                .store
                .write(move |tx| recording::transcribe_downloaded(tx, &sid, payload.is_unanswered, clock::now()));
            queued.await.map_err(later)?;
            services.jobs.wake();
        }
        return Ok(());
    };
    if !services.disk.takes_media() {
        return Err(JobError::RetryFor(MAX_WAIT, "the disk is nearly full".to_owned()));
    }
    let settings = services.settings.current();
    let (elsewhere, twilio) = (&settings.recording_files, &settings.config.twilio);
    match rest::fetch_recording(
        &services.client,
        elsewhere,
        twilio,
        &sid,
        &known.source_url,
        DOWNLOAD_TIMEOUT,
        MAX_RECORDING_BYTES,
    )
    .await
    {
        Ok(AudioFile { mime, content }) => {
            services.alerts.record_twilio_access(None);
            let (store, now, bytes) = (services.store.clone(), clock::now(), content.len());
            store.write(move |tx| recording::store_file(tx, &payload, &mime, &content, now)).await.map_err(later)?;
            tracing::info!(event = "RECORDING_FETCHED", call.sid = %known.call_sid, bytes, "Recording {sid} of call {} fetched and stored", known.call_sid);
            services.compression.wake();
            services.jobs.wake();
            Ok(())
        }
        Err(error) if error.account_refusal().is_some() => {
            services.alerts.record_twilio_access(error.account_refusal());
            // Twilio rejects the account, usually because of wrong credentials. The recording stays at Twilio, and the
            // download is retried until the owner has corrected this.
            Err(JobError::RetryFor(MAX_WAIT, error.to_string()))
        }
        Err(error) if error.is_retryable() && !(error.is_not_found() && is_given_up(&job)) => {
            Err(JobError::RetryFor(MAX_WAIT, error.to_string()))
        }
        Err(error) => Err(JobError::Permanent(error.to_string())),
    }
}

/// Returns true if a recording that Twilio does not find counts as deleted there.
fn is_given_up(job: &Job) -> bool {
    clock::now().since(job.created_at) >= NOT_FOUND_FOR
}
