//! Uploads files: small ones in one request, large ones in parts.

use super::client::REQUEST_TIMEOUT;
use super::{Bucket, action_url};
use crate::backup::Error;
use crate::domain::{Cause, hex};
use md5::{Digest, Md5};
use rusty_s3::actions::{
    AbortMultipartUpload, CompleteMultipartUpload, CompleteMultipartUploadResponse, CreateMultipartUpload, GetObject,
    HeadObject, PutObject, UploadPart,
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// A multipart upload that has started. Its uploaded parts cost money until they are deleted, so the next upload
/// deletes those that a crash left behind.
#[derive(Serialize, Deserialize)]
struct StartedUpload {
    key: String,
    upload_id: String,
}

impl Bucket {
    /// Uploads a file and verifies it. A started multipart upload is recorded in `work_folder`.
    pub(in crate::backup) async fn put(
        &self,
        path: &Path,
        name: &str,
        work_folder: &Path,
        cancel_token: &CancellationToken,
    ) -> Result<(), Error> {
        let key = self.key(name);
        let file = File::open(path).map_err(Error::file("read", path))?;
        let length = file.metadata().map_err(Error::file("read", path))?.len();
        let size = MIN_PART_BYTES.max(length.div_ceil(MAX_PARTS));
        let etag = if length <= size {
            let content = read(&file, path, 0, length)?;
            self.put_single(&key, content).await?
        } else {
            self.put_multipart(&key, &Source { file: &file, path, length, size }, work_folder, cancel_token).await?
        };
        self.verify(&key, path, length, &etag).await
    }

    pub(in crate::backup) async fn clear_unfinished(&self, work_folder: &Path) -> Result<(), Error> {
        let record_path = record_path(work_folder);
        let Ok(text) = std::fs::read(&record_path) else { return Ok(()) };
        if let Ok(StartedUpload { key, upload_id }) = serde_json::from_slice(&text) {
            self.abort(&key, &upload_id).await;
        }
        std::fs::remove_file(&record_path).map_err(Error::file("remove", &record_path))
    }

    async fn put_single(&self, key: &str, content: Vec<u8>) -> Result<String, Error> {
        let etag = hex(&Md5::digest(&content));
        let content = bytes::Bytes::from(content);
        let action = PutObject::new(&self.location, Some(&self.credentials), key);
        self.client.text(|client, url| client.put(url).body(content.clone()), || action_url(&action)).await?;
        Ok(etag)
    }

    async fn put_multipart(
        &self,
        key: &str,
        source: &Source<'_>,
        work_folder: &Path,
        cancel_token: &CancellationToken,
    ) -> Result<String, Error> {
        let action = CreateMultipartUpload::new(&self.location, Some(&self.credentials), key);
        let started = self.client.text(|client, url| client.post(url), || action_url(&action)).await?;
        let started = CreateMultipartUpload::parse_response(&started)
            .map_err(|error| Error::bucket(Cause::BucketMalformed.because(Cause::other(error.to_string()))))?;
        let (upload_id, record_path) = (started.upload_id(), record_path(work_folder));
        let text = serde_json::to_vec(&StartedUpload { key: key.to_owned(), upload_id: upload_id.to_owned() });
        let recorded = text.map_err(std::io::Error::other).and_then(|text| std::fs::write(&record_path, text));
        let sent = match recorded {
            Ok(()) => self.send_parts(key, upload_id, source, cancel_token).await,
            Err(error) => Err(Error::file("write", &record_path)(error)),
        };
        if sent.is_err() {
            self.abort(key, upload_id).await;
        }
        let _ = std::fs::remove_file(&record_path);
        sent
    }

    async fn send_parts(
        &self,
        key: &str,
        upload_id: &str,
        source: &Source<'_>,
        cancel_token: &CancellationToken,
    ) -> Result<String, Error> {
        let (mut etags, mut sums) = (Vec::new(), Md5::new());
        let mut at = 0;
        while at < source.length {
            if cancel_token.is_cancelled() {
                return Err(Error::Stopped);
            }
            let length = source.size.min(source.length - at);
            let content = bytes::Bytes::from(read(source.file, source.path, at, length)?);
            let sum = Md5::digest(&content);
            sums.update(sum);
            let number = u16::try_from(etags.len() + 1).unwrap_or(u16::MAX);
            let action = UploadPart::new(&self.location, Some(&self.credentials), key, number, upload_id);
            let response = self
                .client
                .response(|client, url| client.put(url).body(content.clone()), || action_url(&action), REQUEST_TIMEOUT)
                .await?;
            let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
            let Some(etag) = etag else { return Err(Error::bucket(Cause::BucketMalformed)) };
            etags.push(etag.to_owned());
            at += length;
        }
        let parts = etags.len();
        let complete = || {
            let etags = etags.iter().map(String::as_str);
            CompleteMultipartUpload::new(&self.location, Some(&self.credentials), key, upload_id, etags)
        };
        let body = complete().body();
        let response =
            self.client.text(|client, url| client.post(url).body(body.clone()), || action_url(&complete())).await?;
        // A response with a success status may still contain an error in the body.
        CompleteMultipartUploadResponse::parse(&response)
            .map_err(|_| Error::bucket(Cause::BucketMalformed.because(Cause::other(short(&response)))))?;
        Ok(format!("{}-{parts}", hex(&sums.finalize())))
    }

    /// An error is only logged: the bucket's lifecycle rules may delete the remaining parts.
    async fn abort(&self, key: &str, upload_id: &str) {
        let action = AbortMultipartUpload::new(&self.location, Some(&self.credentials), key, upload_id);
        if let Err(error) = self.client.text(|client, url| client.delete(url), || action_url(&action)).await {
            tracing::warn!(event = "SNAPSHOT_PARTS_NOT_DELETED", %error, "The upload of {key} to the bucket was not completed, and the request to delete its uploaded parts failed; if they remain in the bucket, a lifecycle rule can delete them");
        }
    }

    async fn verify(&self, key: &str, path: &Path, length: u64, etag: &str) -> Result<(), Error> {
        let action = HeadObject::new(&self.location, Some(&self.credentials), key);
        let response =
            self.client.response(|client, url| client.head(url), || action_url(&action), REQUEST_TIMEOUT).await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let stored_length: Option<u64> = header("content-length").and_then(|text| text.parse().ok());
        if stored_length != Some(length) {
            let stored = stored_length.unwrap_or(0);
            return Err(Error::bucket(Cause::BucketLength { stored, sent: length }));
        }
        if header("etag").is_some_and(|found| found.trim_matches('"').eq_ignore_ascii_case(etag)) {
            return Ok(());
        }
        let action = GetObject::new(&self.location, Some(&self.credentials), key);
        let mut sum = Sha256::new();
        let read_back = self.client.stream(action_url(&action), |bytes| {
            sum.update(bytes);
            Ok(())
        });
        read_back.await?;
        let (_, expected) = crate::backup::folder::checksum(path, &CancellationToken::default())?;
        if hex(&sum.finalize()) == expected {
            Ok(())
        } else {
            Err(Error::bucket(Cause::ReadBack { file: key.to_owned() }))
        }
    }
}

struct Source<'s> {
    file: &'s File,
    path: &'s Path,
    length: u64,
    /// The size of a part in bytes.
    size: u64,
}

fn read(file: &File, path: &Path, at: u64, length: u64) -> Result<Vec<u8>, Error> {
    let mut content = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut content, at).map_err(Error::file("read", path))?;
    Ok(content)
}

fn record_path(work_folder: &Path) -> PathBuf {
    work_folder.join(".upload.json")
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// S3 accepts up to 10,000 parts of 5 MiB to 5 GiB; the last part may be smaller.
const MIN_PART_BYTES: u64 = 16 << 20;
const MAX_PARTS: u64 = 9_000;
