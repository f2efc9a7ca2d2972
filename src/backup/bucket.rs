//! An S3-compatible bucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/>).
//!
//! An upload is verified by the length and the ETag that the server reports. If the ETag is not the expected MD5 sum,
//! the object is read back.

mod client;
mod upload;

use super::Error;
use crate::config::{BackupConfig, BucketAccess};
use crate::domain::{Cause, Causes};
use client::BucketClient;
use rusty_s3::actions::{DeleteObject, GetObject, ListObjectsV2};
use rusty_s3::{Credentials, UrlStyle};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    location: rusty_s3::Bucket,
    credentials: Credentials,
    client: BucketClient,
    prefix: String,
}

impl Bucket {
    pub(super) fn new(
        access: &BucketAccess<'_>,
        settings: &BackupConfig,
        client: reqwest::Client,
    ) -> Result<Self, Causes> {
        let invalid = |setting: &str, error: &dyn std::fmt::Display| {
            Cause::SettingInvalid { setting: setting.to_owned() }.because(Cause::other(error.to_string()))
        };
        let endpoint = access.endpoint.as_str().parse();
        let endpoint = endpoint.map_err(|error: url::ParseError| invalid("backup.s3_endpoint", &error))?;
        let style = if settings.s3_path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let location = rusty_s3::Bucket::new(endpoint, style, access.name.to_owned(), settings.s3_region.clone())
            .map_err(|error| invalid("backup.s3_bucket", &error))?;
        Ok(Self {
            location,
            credentials: Credentials::new(access.key_id.expose(), access.secret.expose()),
            client: BucketClient::new(client),
            prefix: settings.s3_prefix.clone(),
        })
    }

    /// Returns the names, without the prefix, and the sizes in bytes of the objects under the configured prefix.
    pub(super) async fn list(&self) -> Result<Vec<(String, u64)>, Error> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let mut action = ListObjectsV2::new(&self.location, Some(&self.credentials));
            action.with_prefix(&self.prefix);
            if let Some(token) = next.take() {
                action.with_continuation_token(token);
            }
            let text = self.client.text(|client, url| client.get(url), || action_url(&action)).await?;
            let page = ListObjectsV2::parse_response(&text)
                .map_err(|error| Error::bucket(Cause::BucketMalformed.because(Cause::other(error.to_string()))))?;
            for object in page.contents {
                if let Some(name) = object.key.strip_prefix(&self.prefix) {
                    found.push((name.to_owned(), object.size.unwrap_or(0)));
                }
            }
            match page.next_continuation_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }

    pub(super) async fn delete(&self, name: &str) -> Result<(), Error> {
        let key = self.key(name);
        let action = DeleteObject::new(&self.location, Some(&self.credentials), &key);
        self.client.text(|client, url| client.delete(url), || action_url(&action)).await.map(drop)
    }

    /// The downloaded file is readable only by its owner. An existing file is replaced only after a complete download.
    pub(super) async fn fetch(&self, name: &str, target: &Path) -> Result<(), Error> {
        let key = self.key(name);
        let action = GetObject::new(&self.location, Some(&self.credentials), &key);
        // The next snapshot deletes files with the suffix of unfinished snapshots, so this suffix is another one.
        let part = target.with_file_name(format!(".{name}.fetch"));
        // The part of an interrupted download may have other permissions.
        let _ = std::fs::remove_file(&part);
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let mut file = created.map_err(Error::file("write", &part))?;
        let received = self
            .client
            .stream(action_url(&action), |bytes| file.write_all(bytes).map_err(Error::file("write", &part)))
            .await;
        let outcome = received.and_then(|()| {
            file.sync_all().map_err(Error::file("write", &part))?;
            std::fs::rename(&part, target).map_err(Error::file("rename", target))
        });
        if outcome.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        outcome
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

fn action_url<'a>(action: &impl rusty_s3::S3Action<'a>) -> url::Url {
    action.sign(URL_VALIDITY)
}

const URL_VALIDITY: std::time::Duration = std::time::Duration::from_hours(1);
