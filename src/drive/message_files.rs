//! Fetches the media files of inbound messages after their webhooks have been answered.

use super::InForce;
use super::jobs::JobError;
use crate::clock;
use crate::config::{Config, Reloadable};
use crate::domain::{MEDIA_PATH, MessageId, Provider, hex};
use crate::ops::disk::DiskWatch;
use crate::providers::baileys::signature::SECRET;
use crate::providers::safe_fetch::{FetchError, FetchedFile, SafeFetcher, Trusted};
use crate::store::{self, Job, MediaState, Store, StoredMedia};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Fetches the files of both providers' messages.
#[derive(Clone)]
pub struct FileFetcher {
    store: Store,
    in_force: Reloadable<InForce>,
    disk: DiskWatch,
}

#[derive(Clone, Copy, Deserialize)]
struct Payload {
    message: MessageId,
    position: u32,
    provider: Provider,
}

impl FileFetcher {
    /// Creates a fetcher that stores into this database.
    pub fn new(in_force: Reloadable<InForce>, store: Store, disk: DiskWatch) -> Self {
        Self { store, in_force, disk }
    }

    /// Runs one job: fetches the file and stores it by the hash of its content. Idempotent.
    pub async fn fetch(self, job: Job) -> Result<(), JobError> {
        let payload: Payload =
            serde_json::from_str(&job.payload).map_err(|error| JobError::Never(error.to_string()))?;
        let Payload { message, position, provider } = payload;
        let noted =
            self.store.read(move |tx| tx.message_media(message, position)).await.map_err(|error| later(&error))?;
        let Some(noted) = noted else { return Ok(()) };
        if noted.state == MediaState::Stored.as_str() {
            // The last run ended after it stored the file and before it released it: the bridge may have deleted its
            // copy since.
            self.release(provider, &noted.source_url).await;
            return Ok(());
        }
        if !self.disk.takes_media() {
            return Err(self.wait_for_room(payload).await);
        }
        let (fetched, patience) = match provider {
            Provider::Twilio => (self.in_force.current().twilio_files.fetch(&noted.source_url).await, UNTIL_UP),
            Provider::Baileys => self.fetch_of_bridge(&noted.source_url).await,
        };
        match fetched {
            Ok(file) if !self.disk.has_room_for(file.content.len() as u64) => Err(self.wait_for_room(payload).await),
            Ok(file) => {
                self.keep(payload, file, noted.mime).await?;
                self.release(provider, &noted.source_url).await;
                Ok(())
            }
            Err(error) if may_come_yet(&error, &job, patience) => {
                // Longer than may_come_yet allows, so that function decides, and the final failure is recorded.
                Err(JobError::Within(patience + A_WHILE, error.to_string()))
            }
            Err(error) => {
                let why = error.to_string();
                let failed = self.store.write(move |tx| tx.fail_media(message, position, &why));
                failed.await.map_err(|error| later(&error))?;
                Err(JobError::Never(error.to_string()))
            }
        }
    }

    /// While the disk is nearly full, the file stays with the provider and its message shows the reason.
    async fn wait_for_room(&self, Payload { message, position, .. }: Payload) -> JobError {
        let noted = self.store.write(move |tx| tx.set_media_wait_reason(message, position, NO_ROOM)).await;
        JobError::Within(FOR_ROOM, noted.map_or_else(|error| error.to_string(), |()| NO_ROOM.to_owned()))
    }

    /// Fetches a file that the bridge named, its own or an external one; also returns how long to retry.
    async fn fetch_of_bridge(&self, address: &str) -> (Result<FetchedFile, FetchError>, Duration) {
        let in_force = self.in_force.current();
        let token = in_force.config.whatsapp.token_secret().map(|token| (SECRET, token.expose()));
        match in_force.bridge.as_ref().and_then(|bridge| bridge.file_url(address)) {
            Some(own) => (in_force.files.fetch(own.as_str(), token).await, WHATSAPP_KEEPS),
            None => (in_force.files.fetch(address, token).await, UNTIL_UP),
        }
    }

    /// Tells the bridge that it may delete a file that is stored here.
    async fn release(&self, provider: Provider, address: &str) {
        if let (Provider::Baileys, Some(bridge)) = (provider, &self.in_force.current().bridge) {
            bridge.release_file(address).await;
        }
    }

    async fn keep(&self, payload: Payload, file: FetchedFile, told: Option<String>) -> Result<(), JobError> {
        let Payload { message, position, .. } = payload;
        let kept = self.store.write(move |tx| {
            let sha256 = hex(&Sha256::digest(&file.content));
            let mime = told.or(file.mime).unwrap_or_else(|| UNKNOWN_TYPE.to_owned());
            let url = format!("{MEDIA_PATH}{sha256}");
            let file = StoredMedia { mime, content: file.content };
            tx.store_media(message, position, &sha256, &file, &url, clock::now())
        });
        kept.await.map_err(|error| later(&error))?;
        tracing::info!(event = "WA_MEDIA_FETCHED", message.id = %message, "Media file of message {message} fetched");
        Ok(())
    }
}

/// The files that may be sent or fetched: public ones, and the bridge's own.
pub(super) fn public_files(config: &Config) -> Result<SafeFetcher, reqwest::Error> {
    let origin = Url::parse(&config.whatsapp.baileys_send_url()).map(|url| url.origin().ascii_serialization());
    let trusted = match origin {
        Ok(origin) if config.whatsapp.baileys_enabled() => {
            Trusted::Origin { origin, socket: config.whatsapp.bridge_socket().map(Path::to_owned) }
        }
        _ => Trusted::Nothing,
    };
    SafeFetcher::new(trusted, config.whatsapp.max_media_bytes)
}

/// Returns true if a retry may succeed. Twilio's files pass through its storage after the webhook: a 404 is normal at
/// first, and an error after a while. Servers that are down are retried for `patience`.
fn may_come_yet(error: &FetchError, job: &Job, patience: Duration) -> bool {
    let age = clock::now().since(job.created_at);
    match error {
        FetchError::Status(404) => age < UNTIL_THERE,
        error => error.is_retryable() && age < patience,
    }
}

fn later(error: &store::Error) -> JobError {
    JobError::Later(error.to_string())
}

const UNKNOWN_TYPE: &str = "application/octet-stream";
const UNTIL_THERE: Duration = Duration::from_mins(5);
const UNTIL_UP: Duration = Duration::from_hours(23);
/// How long WhatsApp keeps a file on its servers, and the bridge tries to download it.
const WHATSAPP_KEEPS: Duration = Duration::from_hours(14 * 24);
/// Twilio and WhatsApp keep files at least this long.
const FOR_ROOM: Duration = Duration::from_hours(13 * 24);
const NO_ROOM: &str = "the disk is nearly full; the file is fetched once there is enough space";
const A_WHILE: Duration = Duration::from_hours(1);
