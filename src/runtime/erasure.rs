//! Completes the deletion of a contact: deletes audio and file content in short transactions, and the contact's data in
//! the bridge.

use super::Settings;
use super::jobs::JobError;
use crate::crm::privacy::BridgeErasure;
use crate::crm::{self, privacy};
use crate::domain::Language;
use crate::messages;
use crate::providers::baileys::bridge::BridgeError;
use crate::store::{self, Erased, ErasureRest, Job, Store, WriteTx};
use std::time::Duration;

/// Returns the numbers of all deleted rows.
pub async fn finish(store: &Store, rest: ErasureRest, mut erased: Erased) -> Result<Erased, crm::Error> {
    loop {
        let rest = rest.clone();
        let part = move |tx: &WriteTx<'_>| Ok((privacy::erase_rest(tx, &rest, &mut erased)?, erased));
        let (has_more, so_far) = crm::transact::<_, crm::Error>(store, part).await?;
        if !has_more {
            return Ok(so_far);
        }
        erased = so_far;
    }
}

/// Releases the free pages of the database, which may contain what the contact's data was before it was changed or
/// pruned. Returns false if some remain after `limit`; the job then continues.
pub async fn release_free_pages(store: &Store, rest: ErasureRest, limit: Duration) -> store::Result<bool> {
    let is_released = store.release_free_pages(limit).await?;
    if is_released {
        store.write(move |tx| privacy::finish(tx, &rest)).await?;
    }
    Ok(is_released)
}

/// Runs the job that completes a deletion whose API request ended early.
pub async fn resume(store: Store, job: Job) -> Result<(), JobError> {
    let rest: ErasureRest =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    finish(&store, rest.clone(), Erased::new()).await.map_err(|error| JobError::Retry(error.to_string()))?;
    let is_released = release_free_pages(&store, rest, RELEASE_WITHIN).await;
    if !is_released.map_err(|error| JobError::Retry(error.to_string()))? {
        return Err(JobError::RetryFor(RETRY_RELEASE_FOR, "free pages of the database remain".to_owned()));
    }
    store.purge_deleted().await.map_err(|error| JobError::Retry(error.to_string()))?;
    tracing::info!(event = "CONTACT_ERASED", job.id = %job.id, "The interrupted deletion of a contact from the database is complete (job {})", job.id);
    Ok(())
}

/// Asks the bridge to delete the data of a contact. Returns false if the bridge is not configured or does not delete
/// the data now; the job then retries.
pub async fn finish_in_bridge(store: &Store, settings: &Settings, erasure: BridgeErasure) -> store::Result<bool> {
    let Some(bridge) = settings.current().bridge.clone() else { return Ok(false) };
    if let Err(error) = bridge.forget(&erasure.addresses).await {
        tracing::info!(
            event = "BRIDGE_ERASURE_LATER",
            reason = reason_of(&error),
            job.key = erasure.key,
            "The bridge has not deleted the data of a contact; job {} retries the request",
            erasure.key
        );
        return Ok(false);
    }
    store.write(move |tx| privacy::finish_in_bridge(tx, &erasure)).await?;
    Ok(true)
}

fn reason_of(error: &BridgeError) -> String {
    match error {
        BridgeError::Unavailable(state) => {
            state.notice().map(|notice| messages::text(Language::English, &notice)).unwrap_or_default()
        }
        BridgeError::Unsupported => "the bridge does not support the request".to_owned(),
        BridgeError::Refused { status, code, message } => {
            format!("the bridge answered HTTP {status}, {code}: {message}")
        }
    }
}

pub async fn resume_in_bridge(store: Store, settings: Settings, job: Job) -> Result<(), JobError> {
    let erasure = serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    match finish_in_bridge(&store, &settings, erasure).await {
        Ok(true) => store.purge_deleted().await.map(drop).map_err(|error| JobError::Retry(error.to_string())),
        Ok(false) => Err(JobError::RetryFor(RETRY_BRIDGE_FOR, "the bridge has not deleted the data".to_owned())),
        Err(error) => Err(JobError::Retry(error.to_string())),
    }
}

/// How long one run of the job releases pages.
const RELEASE_WITHIN: Duration = Duration::from_mins(10);
/// How long the release is retried. After this time, the pages have been used again or released.
const RETRY_RELEASE_FOR: Duration = Duration::from_hours(30 * 24);
/// How long the request is retried. After this time, the bridge has deleted its sent messages by itself.
const RETRY_BRIDGE_FOR: Duration = Duration::from_hours(30 * 24);
