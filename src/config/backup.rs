//! `[backup]`: the nightly snapshots, their destinations and retention.

use super::parser::{
    age_recipients, base_url, boolean, bucket_name_part, disk_limit, folder, integer, optional, secret,
};
use super::setting::{Section, Setting};
use super::{BaseUrl, DiskLimit, Secret};
use crate::domain::AllowedValues;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackupConfig {
    pub enabled: bool,
    /// The hour, in the business's time zone, after which the snapshot is created.
    pub hour: u8,
    /// The folder of the snapshots, which may be a network mount; `None` means the folder `snapshots` beside the
    /// database.
    pub folder: Option<PathBuf>,
    /// Retention: the number of days for each of which the last snapshot is kept. Days without snapshots do not count.
    pub keep_days: usize,
    /// Retention: the number of weeks for each of which the last snapshot is kept. Weeks without snapshots do not
    /// count.
    pub keep_weeks: usize,
    /// The maximum disk space of all snapshots together. The two newest intact snapshots are kept even if they exceed
    /// it.
    pub budget: DiskLimit,
    /// The delay in seconds between the daemon's start and a nightly snapshot that was missed while it was stopped.
    pub start_delay_s: u64,
    /// The recipients (public keys of the encryption tool age). Each corresponding private key can decrypt the
    /// snapshots. If the list is empty, snapshots are not encrypted.
    pub age_recipients: Vec<String>,
    /// The base URL of the S3 service to which snapshots are uploaded.
    pub s3_endpoint: Option<BaseUrl>,
    pub s3_bucket: Option<String>,
    pub s3_region: String,
    /// A prefix that is added to all object names.
    pub s3_prefix: String,
    /// True if requests contain the bucket's name in the path; false if in the host name.
    pub s3_path_style: bool,
    /// The access key id. Environment variable: `BACKUP_S3_ACCESS_KEY_ID`.
    pub s3_access_key_id: Option<Secret>,
    /// The secret access key. Environment variable: `BACKUP_S3_SECRET_ACCESS_KEY`.
    pub s3_secret_access_key: Option<Secret>,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            hour: 3,
            folder: None,
            keep_days: 14,
            keep_weeks: 8,
            budget: DiskLimit { bytes: None, percent: Some(25.0) },
            start_delay_s: 120,
            age_recipients: Vec::new(),
            s3_endpoint: None,
            s3_bucket: None,
            s3_region: "us-east-1".into(),
            s3_prefix: String::new(),
            s3_path_style: true,
            s3_access_key_id: None,
            s3_secret_access_key: None,
        }
    }
}

impl BackupConfig {
    /// Returns the settings of the bucket, or the name of a missing setting as the error; `None` if neither endpoint
    /// nor bucket name is set.
    pub fn bucket(&self) -> Option<Result<BucketAccess<'_>, &'static str>> {
        if self.s3_endpoint.is_none() && self.s3_bucket.is_none() {
            return None;
        }
        let access = || {
            Ok(BucketAccess {
                endpoint: self.s3_endpoint.as_ref().ok_or("backup.s3_endpoint")?,
                name: self.s3_bucket.as_deref().ok_or("backup.s3_bucket")?,
                key_id: self.s3_access_key_id.as_ref().ok_or("BACKUP_S3_ACCESS_KEY_ID")?,
                secret: self.s3_secret_access_key.as_ref().ok_or("BACKUP_S3_SECRET_ACCESS_KEY")?,
            })
        };
        Some(access())
    }
}

#[derive(Clone, Copy, Debug)]
pub struct BucketAccess<'c> {
    pub endpoint: &'c BaseUrl,
    pub name: &'c str,
    pub key_id: &'c Secret,
    pub secret: &'c Secret,
}

pub(super) fn settings() -> Vec<Setting<BackupConfig>> {
    let backup = Section::<BackupConfig>::new();
    let settings = [
        backup.setting("backup.enabled", |c| &mut c.enabled, boolean()),
        backup.setting("backup.hour", |c| &mut c.hour, integer(0..=23)),
        backup.setting("backup.folder", |c| &mut c.folder, optional(folder())),
        backup.setting("backup.keep_days", |c| &mut c.keep_days, integer(1..=3650)),
        backup.setting("backup.keep_weeks", |c| &mut c.keep_weeks, integer(0..=520)),
        backup.setting("backup.budget", |c| &mut c.budget, disk_limit()),
        backup.setting("backup.start_delay_s", |c| &mut c.start_delay_s, integer(0..=86_400)),
        backup.setting("backup.age_recipients", |c| &mut c.age_recipients, age_recipients()),
        backup.setting("backup.s3_endpoint", |c| &mut c.s3_endpoint, optional(base_url())),
        backup.setting("backup.s3_bucket", |c| &mut c.s3_bucket, optional(bucket_name_part(AllowedValues::BucketName))),
        backup.setting("backup.s3_region", |c| &mut c.s3_region, bucket_name_part(AllowedValues::BucketRegion)),
        backup.setting("backup.s3_prefix", |c| &mut c.s3_prefix, bucket_name_part(AllowedValues::BucketPrefix)),
        backup.setting("backup.s3_path_style", |c| &mut c.s3_path_style, boolean()),
        backup
            .secret_setting("backup.s3_access_key_id", |c| &mut c.s3_access_key_id, optional(secret()))
            .env("BACKUP_S3_ACCESS_KEY_ID"),
        backup
            .secret_setting("backup.s3_secret_access_key", |c| &mut c.s3_secret_access_key, optional(secret()))
            .env("BACKUP_S3_SECRET_ACCESS_KEY"),
    ];
    settings.map(Setting::requires_restart).into()
}
