//! Uploads a file: small ones in one request, large ones in parts.

use super::{Bucket, action_url};
use crate::domain::hex;
use crate::ops::snapshots::{Error, Stop};
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

/// A multipart upload that has begun: parts that a crash leaves in the bucket cost money until they are deleted.
#[derive(Serialize, Deserialize)]
struct Begun {
    key: String,
    upload_id: String,
}

impl Bucket {
    /// Uploads a file and verifies it. `home` is the folder in which a started multipart upload is recorded.
    pub(in crate::ops::snapshots) async fn put(
        &self,
        path: &Path,
        name: &str,
        home: &Path,
        stop: &Stop,
    ) -> Result<(), Error> {
        let key = self.key(name);
        let file = File::open(path).map_err(Error::file("read", path))?;
        let length = file.metadata().map_err(Error::file("inspect", path))?.len();
        let size = PART.max(length.div_ceil(MOST_PARTS));
        let etag = if length <= size {
            let content = read(&file, path, 0, length)?;
            self.put_at_once(&key, content).await?
        } else {
            self.put_in_parts(&key, &Source { file: &file, path, length, size }, home, stop).await?
        };
        self.check(&key, path, length, &etag).await
    }

    /// Aborts a multipart upload that a crash left behind.
    pub(in crate::ops::snapshots) async fn clear_unfinished(&self, home: &Path) -> Result<(), Error> {
        let note = note(home);
        let Ok(text) = std::fs::read(&note) else { return Ok(()) };
        if let Ok(Begun { key, upload_id }) = serde_json::from_slice(&text) {
            self.abort(&key, &upload_id).await;
        }
        std::fs::remove_file(&note).map_err(Error::file("remove", &note))
    }

    async fn put_at_once(&self, key: &str, content: Vec<u8>) -> Result<String, Error> {
        let etag = hex(&Md5::digest(&content));
        let content = bytes::Bytes::from(content);
        let action = PutObject::new(&self.place, Some(&self.credentials), key);
        self.exchange.text(|client, url| client.put(url).body(content.clone()), || action_url(&action)).await?;
        Ok(etag)
    }

    async fn put_in_parts(&self, key: &str, source: &Source<'_>, home: &Path, stop: &Stop) -> Result<String, Error> {
        let action = CreateMultipartUpload::new(&self.place, Some(&self.credentials), key);
        let begun = self.exchange.text(|client, url| client.post(url), || action_url(&action)).await?;
        let begun = CreateMultipartUpload::parse_response(&begun)
            .map_err(|error| Error::Bucket(format!("its answer cannot be read: {error}")))?;
        let (upload_id, note) = (begun.upload_id(), note(home));
        let text = serde_json::to_vec(&Begun { key: key.to_owned(), upload_id: upload_id.to_owned() });
        let noted = text.map_err(std::io::Error::other).and_then(|text| std::fs::write(&note, text));
        let sent = match noted {
            Ok(()) => self.send_parts(key, upload_id, source, stop).await,
            Err(error) => Err(Error::file("write", &note)(error)),
        };
        if sent.is_err() {
            self.abort(key, upload_id).await;
        }
        let _ = std::fs::remove_file(&note);
        sent
    }

    async fn send_parts(&self, key: &str, upload_id: &str, source: &Source<'_>, stop: &Stop) -> Result<String, Error> {
        let (mut etags, mut sums) = (Vec::new(), Md5::new());
        let mut at = 0;
        while at < source.length {
            if stop.is_wanted() {
                return Err(Error::Stopped);
            }
            let length = source.size.min(source.length - at);
            let content = bytes::Bytes::from(read(source.file, source.path, at, length)?);
            let sum = Md5::digest(&content);
            sums.update(sum);
            let number = u16::try_from(etags.len() + 1).unwrap_or(u16::MAX);
            let action = UploadPart::new(&self.place, Some(&self.credentials), key, number, upload_id);
            let answer = self
                .exchange
                .answer(|client, url| client.put(url).body(content.clone()), || action_url(&action))
                .await?;
            let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok());
            let Some(etag) = etag else { return Err(Error::Bucket("it names no ETag for a part".into())) };
            etags.push(etag.to_owned());
            at += length;
        }
        let parts = etags.len();
        let complete = || {
            let etags = etags.iter().map(String::as_str);
            CompleteMultipartUpload::new(&self.place, Some(&self.credentials), key, upload_id, etags)
        };
        let body = complete().body();
        let answer =
            self.exchange.text(|client, url| client.post(url).body(body.clone()), || action_url(&complete())).await?;
        // A successful status may still come with an error in the body.
        CompleteMultipartUploadResponse::parse(&answer)
            .map_err(|_| Error::Bucket(format!("it did not complete the multipart upload: {}", short(&answer))))?;
        Ok(format!("{}-{parts}", hex(&sums.finalize())))
    }

    /// Best effort: remaining parts are deleted by the bucket's own rules, if it has any.
    async fn abort(&self, key: &str, upload_id: &str) {
        let action = AbortMultipartUpload::new(&self.place, Some(&self.credentials), key, upload_id);
        if let Err(error) = self.exchange.text(|client, url| client.delete(url), || action_url(&action)).await {
            tracing::warn!(event = "SNAPSHOT_PARTS_STAY", %error, "The parts of an aborted multipart upload could not be deleted");
        }
    }

    /// Verifies that the bucket has what was sent.
    async fn check(&self, key: &str, path: &Path, length: u64, etag: &str) -> Result<(), Error> {
        let action = HeadObject::new(&self.place, Some(&self.credentials), key);
        let answer = self.exchange.answer(|client, url| client.head(url), || action_url(&action)).await?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let there: Option<u64> = header("content-length").and_then(|text| text.parse().ok());
        if there != Some(length) {
            return Err(Error::Bucket(format!("it has {} bytes of {length}", there.unwrap_or(0))));
        }
        if header("etag").is_some_and(|found| found.trim_matches('"').eq_ignore_ascii_case(etag)) {
            return Ok(());
        }
        let action = GetObject::new(&self.place, Some(&self.credentials), key);
        let mut sum = Sha256::new();
        let read_back = self.exchange.stream(action_url(&action), |bytes| {
            sum.update(bytes);
            Ok(())
        });
        read_back.await?;
        let (_, ours) = crate::ops::snapshots::folder::sum(path, &Stop::default())?;
        if hex(&sum.finalize()) == ours {
            Ok(())
        } else {
            Err(Error::Bucket(format!("{key} does not read back as it was sent")))
        }
    }
}

/// A file that is sent in parts.
struct Source<'s> {
    file: &'s File,
    path: &'s Path,
    length: u64,
    /// The size of a part.
    size: u64,
}

fn read(file: &File, path: &Path, at: u64, length: u64) -> Result<Vec<u8>, Error> {
    let mut content = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut content, at).map_err(Error::file("read", path))?;
    Ok(content)
}

fn note(home: &Path) -> PathBuf {
    home.join(".upload.json")
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// S3 accepts parts of 5 MB to 5 GB, and 10,000 of them.
const PART: u64 = 16 << 20;
const MOST_PARTS: u64 = 9_000;
