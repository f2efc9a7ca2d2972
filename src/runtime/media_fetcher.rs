//! Fetches the media files of inbound messages after their webhooks have been answered.

use super::Settings;
use super::jobs::JobError;
use super::media_details::MediaExaminer;
use crate::clock;
use crate::crm::media;
use crate::domain::{MEDIA_PATH, MediaState, MessageId, Provider, hex, sniff_mime};
use crate::host::disk::DiskMonitor;
use crate::providers::baileys::bridge::Bridge;
use crate::providers::safe_fetch::{FetchError, FetchedFile, SafeFetcher};
use crate::store::{self, Job, Store, StoredMedia, WriteTx};
use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use url::{Position, Url};

#[derive(Clone)]
pub struct MediaFetcher {
    store: Store,
    settings: Settings,
    disk: DiskMonitor,
    examiner: MediaExaminer,
}

#[derive(Clone, Copy, Deserialize)]
struct Payload {
    message: MessageId,
    position: u32,
    provider: Provider,
}

impl MediaFetcher {
    pub fn new(settings: Settings, store: Store, disk: DiskMonitor, examiner: MediaExaminer) -> Self {
        Self { store, settings, disk, examiner }
    }

    /// Idempotent.
    pub async fn fetch(self, job: Job) -> Result<(), JobError> {
        let payload: Payload =
            serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
        let Payload { message, position, provider } = payload;
        let noted =
            self.store.read(move |tx| tx.message_media(message, position)).await.map_err(|error| later(&error))?;
        let Some(noted) = noted else { return Ok(()) };
        if noted.state == MediaState::Stored {
            // An earlier run of the job stored the file, but may have ended before it released the file at the bridge.
            self.release(provider, &noted.source_url).await;
            return Ok(());
        }
        if !self.disk.takes_media() {
            return Err(self.defer_for_space(payload).await);
        }
        let (fetched, retry_for) = match provider {
            Provider::Twilio => (self.settings.current().twilio_files.fetch(&noted.source_url).await, RETRY_OUTAGE_FOR),
            Provider::Baileys => self.fetch_from_bridge(&noted.source_url).await,
        };
        match fetched {
            Ok(file) if !self.disk.has_space_for(file.content.len() as u64) => Err(self.defer_for_space(payload).await),
            Ok(file) => {
                self.store_file(payload, file, noted.mime).await?;
                self.release(provider, &noted.source_url).await;
                Ok(())
            }
            // Twilio stores a file only after it has sent the webhook, so a 404 is temporary at first and permanent
            // later.
            Err(error @ FetchError::Status(404)) => Err(JobError::RetryFor(RETRY_MISSING_FOR, error.to_string())),
            Err(error) if error.is_retryable() => Err(JobError::RetryFor(retry_for, error.to_string())),
            Err(error) => Err(JobError::Permanent(error.to_string())),
        }
    }

    pub fn fail(tx: &WriteTx<'_>, job: &Job, why: &str) -> store::Result<()> {
        match serde_json::from_str::<Payload>(&job.payload) {
            Ok(Payload { message, position, .. }) => media::fail(tx, (message, position), why),
            Err(_) => Ok(()),
        }
    }

    /// The file stays with the provider, and its message shows the reason.
    async fn defer_for_space(&self, Payload { message, position, .. }: Payload) -> JobError {
        let noted = self.store.write(move |tx| media::defer(tx, (message, position), NO_SPACE)).await;
        JobError::RetryFor(RETRY_NO_SPACE_FOR, noted.map_or_else(|error| error.to_string(), |()| NO_SPACE.to_owned()))
    }

    /// `address` is a URL of the bridge or an external URL. Also returns how long a failed download is retried.
    async fn fetch_from_bridge(&self, address: &str) -> (Result<FetchedFile, FetchError>, Duration) {
        let settings = self.settings.current();
        match settings.bridge.as_ref().and_then(|bridge| Some((bridge, bridge.file_url(address)?))) {
            Some((bridge, own)) => (fetch_own(bridge, &settings.files, &own).await, WHATSAPP_RETENTION),
            None => (settings.files.fetch(address, None).await, RETRY_OUTAGE_FOR),
        }
    }

    /// The bridge may then delete its copy.
    async fn release(&self, provider: Provider, address: &str) {
        if let (Provider::Baileys, Some(bridge)) = (provider, &self.settings.current().bridge) {
            bridge.release_file(address).await;
        }
    }

    async fn store_file(
        &self,
        payload: Payload,
        file: FetchedFile,
        declared_type: Option<String>,
    ) -> Result<(), JobError> {
        let Payload { message, position, .. } = payload;
        let content = Bytes::from(file.content);
        let found_type = sniff_mime(&content).unwrap_or(UNKNOWN_TYPE);
        let details = self.examiner.examine(found_type, content.clone()).await;
        let stored = self.store.write(move |tx| {
            let sha256 = hex(&Sha256::digest(&content));
            let mime = declared_type.or(file.mime).unwrap_or_else(|| UNKNOWN_TYPE.to_owned());
            let url = format!("{MEDIA_PATH}{sha256}");
            let file = StoredMedia { mime, content: content.into() };
            media::store_fetched(tx, (message, position), &sha256, (&file, &url), &details, clock::now())
        });
        stored.await.map_err(|error| later(&error))?;
        tracing::info!(event = "WA_MEDIA_FETCHED", message.id = %message, position, "Media file of message {message} at position {position} fetched and stored");
        Ok(())
    }
}

async fn fetch_own(bridge: &Bridge, files: &SafeFetcher, address: &Url) -> Result<FetchedFile, FetchError> {
    let target = &address[Position::BeforePath..Position::AfterQuery];
    let mut repeats = 1;
    loop {
        let header = bridge.authenticate(&Method::GET, target, &[]).await.map_err(|_| FetchError::Unreachable)?;
        let pair = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        match files.fetch(address.as_str(), pair).await {
            Err(FetchError::Status(401)) if repeats > 0 && bridge.forget_proof(header.as_ref()).await => repeats -= 1,
            Err(FetchError::Unreachable) => {
                bridge.forget_proof(header.as_ref()).await;
                return Err(FetchError::Unreachable);
            }
            // The bridge also rejects a new proof, which means that daemon and bridge have different secrets.
            Err(FetchError::Status(401)) => return Err(FetchError::Unauthorized(401)),
            fetched => return fetched,
        }
    }
}

fn later(error: &store::Error) -> JobError {
    JobError::Retry(error.to_string())
}

const UNKNOWN_TYPE: &str = "application/octet-stream";
const RETRY_MISSING_FOR: Duration = Duration::from_mins(5);
const RETRY_OUTAGE_FOR: Duration = Duration::from_hours(23);
/// How long WhatsApp keeps a file on its servers; the bridge tries to download it during that time.
const WHATSAPP_RETENTION: Duration = Duration::from_hours(14 * 24);
/// How long a download is postponed for lack of disk space. Twilio and WhatsApp keep files at least this long.
const RETRY_NO_SPACE_FOR: Duration = Duration::from_hours(13 * 24);
const NO_SPACE: &str = "the disk is nearly full; the file is fetched once there is enough space";
