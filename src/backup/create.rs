//! Creates, verifies and deletes snapshots.

mod free_space;
mod running;
mod space;

use super::bucket::Bucket;
use super::folder::{self, Snapshot, Stored};
use super::name::{Kind, SnapshotName};
use super::retention::{RetentionPolicy, expired};
use super::{BackupRun, BackupStatus, Error, encryption, schedule};
use crate::clock;
use crate::config::{BackupConfig, Config};
use crate::domain::{Cause, Causes, Timestamp};
use crate::store::{self, CopySummary};
use jiff::tz::TimeZone;
use running::Running;
pub use running::{BegunSnapshot, RunningSnapshot};
use space::check_space;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug)]
pub struct Snapshots {
    published: PathBuf,
    /// The folder beside the database in which copies and the status file are written.
    work_folder: PathBuf,
    settings: BackupConfig,
    zone: TimeZone,
    special: usize,
    /// `None` if no bucket is configured; `Err` if one of its settings is missing or invalid.
    bucket: Option<Result<Bucket, Causes>>,
    running: Running,
    cancel_token: CancellationToken,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct CreatedSnapshot {
    pub name: String,
    pub file: PathBuf,
    pub bytes: u64,
    pub copy: CopySummary,
    /// Names of the snapshots that were deleted, before or after the creation.
    pub dropped: Vec<String>,
    pub bucket_error: Option<String>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct Verified {
    pub name: String,
    /// True if a checksum is stored with the file and matches.
    pub sum_is_right: bool,
    /// `None` if the snapshot is encrypted and no key was given.
    pub copy: Option<CopySummary>,
}

impl Snapshots {
    pub fn new(config: &Config, client: reqwest::Client) -> Self {
        let published = config.store.published_file();
        let bucket = config.backup.bucket().map(|access| {
            let access = access.map_err(|missing| Cause::SettingMissing { setting: missing.to_string() })?;
            Bucket::new(&access, &config.backup, client)
        });
        Self {
            work_folder: published.with_file_name("snapshots"),
            published,
            settings: config.backup.clone(),
            zone: config.business.time_zone.clone(),
            special: config.store.keep_snapshots,
            bucket,
            running: Running::default(),
            cancel_token: CancellationToken::default(),
        }
    }

    #[must_use]
    pub fn local_only(mut self) -> Self {
        self.bucket = None;
        self
    }

    /// The token that aborts running work; cancelled when the service stops.
    pub fn cancel_token(&self) -> &CancellationToken {
        &self.cancel_token
    }

    /// How long after the daemon's start a missed nightly snapshot is created.
    pub fn start_delay(&self) -> Duration {
        Duration::from_secs(self.settings.start_delay_s)
    }

    /// Returns true if a bucket is configured, even if one of its settings is missing or invalid.
    pub fn has_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// Returns the outcome of the last run. If no bucket is configured now, an earlier failed upload is left out.
    pub fn last_run(&self) -> BackupRun {
        let run = BackupRun::read(&self.status_file());
        if self.bucket.is_some() { run } else { BackupRun { bucket_error: None, ..run } }
    }

    pub fn status(&self, now: Timestamp) -> BackupStatus {
        if self.settings.enabled { BackupStatus::of(&self.last_run(), now) } else { BackupStatus::Off }
    }

    /// Also false if nightly snapshots are disabled.
    pub fn lacks_space(&self) -> bool {
        self.settings.enabled && self.last_run().lacks_space
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        let last = self.last_run().last_success_at;
        self.settings.enabled && schedule::is_due(now, last, self.settings.hour, &self.zone)
    }

    pub fn list(&self) -> Result<Vec<Snapshot>, Error> {
        folder::list(self.folder())
    }

    /// Opens a snapshot for reading, without following links. Also returns its length in bytes.
    pub fn open(&self, name: &str) -> Result<(File, u64), Error> {
        let path = self.path(name)?;
        let file = folder::open(&path)?;
        let metadata = file.metadata().map_err(Error::file("read", &path))?;
        Ok((file, metadata.len()))
    }

    /// Fails if there is no such snapshot.
    pub fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.folder().join(name);
        let known = name.parse::<SnapshotName>().is_ok() && path.is_file();
        if known { Ok(path) } else { Err(Error::NotFound(name.to_owned())) }
    }

    /// Returns the snapshot that this process is creating, if any.
    pub fn running(&self) -> Option<RunningSnapshot> {
        self.running.get()
    }

    /// Fails if another snapshot is being created, or if the disk would lack space even after older snapshots were
    /// deleted. Deletes no snapshot.
    pub fn begin(&self, kind: Kind) -> Result<BegunSnapshot, Error> {
        let begun = self.lock(kind, clock::now())?;
        self.check_free_space()?;
        Ok(begun)
    }

    fn lock(&self, kind: Kind, now: Timestamp) -> Result<BegunSnapshot, Error> {
        self.create_folders()?;
        self.running.begin(&self.work_folder.join(".lock"), kind, now)
    }

    /// Creates a snapshot, deletes expired ones, and uploads missing ones to the bucket. A failed upload is only
    /// reported in [`CreatedSnapshot::bucket_error`].
    pub async fn create(&self, kind: Kind) -> Result<CreatedSnapshot, Error> {
        let now = clock::now();
        let this = self.clone();
        self.note_outcome(now, run_detached(move || this.create_locally(&this.lock(kind, now)?)).await).await
    }

    pub async fn create_begun(&self, begun: BegunSnapshot) -> Result<CreatedSnapshot, Error> {
        let now = begun.running.started_at;
        let this = self.clone();
        self.note_outcome(now, run_detached(move || this.create_locally(&begun)).await).await
    }

    async fn note_outcome(
        &self,
        now: Timestamp,
        outcome: Result<CreatedSnapshot, Error>,
    ) -> Result<CreatedSnapshot, Error> {
        // Not `last_run`, because that may hide a failed upload, which the saved status must still contain.
        let mut status = BackupRun { last_attempt_at: Some(now), ..BackupRun::read(&self.status_file()) };
        match outcome {
            Ok(mut created) => {
                status.last_success_at = Some(now);
                status.last_snapshot = Some(created.name.clone());
                status.last_bytes = created.bytes;
                status.last_error = None;
                status.lacks_space = false;
                // Saved before the upload, which may take hours.
                self.save_status(&status);
                created.bucket_error = self.upload_pending().await;
                Ok(created)
            }
            Err(error @ (Error::Busy | Error::Stopped)) => Err(error),
            Err(error) => {
                status.last_error = Some((&error).into());
                status.lacks_space = error.is_lack_of_space();
                self.save_status(&status);
                Err(error)
            }
        }
    }

    /// Returns true if the last upload to the bucket failed and the daemon should retry it. If nightly snapshots are
    /// disabled, only the next snapshot retries the upload.
    pub fn has_pending_uploads(&self) -> bool {
        self.settings.enabled && self.last_run().bucket_error.is_some()
    }

    /// Returns the error, if any; `None` also if no bucket is configured.
    pub async fn upload_pending(&self) -> Option<String> {
        self.bucket.as_ref()?;
        let error = match self.lock_bucket().await {
            Ok(_lock) => self.upload_missing(self.last_run().last_snapshot.as_deref()).await.err(),
            Err(error) => Some(error),
        };
        // Read again, because another snapshot may have been created during the upload.
        let mut status = self.last_run();
        status.bucket_error = error.as_ref().map(Causes::from);
        if error.is_none() {
            status.bucket_success_at = Some(clock::now());
        }
        self.save_status(&status);
        error.map(|error| error.to_string())
    }

    /// Two uploads must not overlap, because each one first aborts an upload that seems unfinished.
    async fn lock_bucket(&self) -> Result<File, Error> {
        let path = self.work_folder.join(".upload-lock");
        run_detached(move || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let file = file.map_err(Error::file("read", &path))?;
            file.lock().map_err(Error::file("read", &path))?;
            Ok(file)
        })
        .await
    }

    /// Compares the checksum of a snapshot. Also verifies the database in it, if the snapshot is not encrypted or a key
    /// is given. Fails with [`Error::NotVerified`] if neither is possible.
    pub fn verify(&self, name: &str, identity: Option<&Path>) -> Result<Verified, Error> {
        let path = self.path(name)?;
        let (_, sum) = folder::checksum(&path, &self.cancel_token)?;
        let recorded = self.list()?.into_iter().find(|found| found.name == name).and_then(|found| found.sha256);
        if recorded.as_ref().is_some_and(|recorded| *recorded != sum) {
            return Err(Error::ReadBackMismatch(path));
        }
        let encrypted = name.parse::<SnapshotName>().is_ok_and(|name| name.encrypted);
        let copy = match identity {
            _ if !encrypted => Some(store::verify_copy(&path)?),
            Some(identity) => Some(self.verify_encrypted(&path, identity)?),
            None if recorded.is_none() => return Err(Error::NotVerified(name.to_owned())),
            None => None,
        };
        Ok(Verified { name: name.to_owned(), sum_is_right: recorded.is_some(), copy })
    }

    /// Deletes expired snapshots and those beyond the budget, and returns their names. Deletes none if there is no
    /// nightly or manual snapshot, or if the newest of them does not pass verification.
    pub fn prune(&self) -> Result<Vec<String>, Error> {
        let newest = self.list()?.into_iter().find(|found| matches!(found.kind, Kind::Nightly | Kind::Manual));
        let Some(newest) = newest else { return Ok(Vec::new()) };
        self.verify(&newest.name, None)?;
        let good = newest.name.parse().map_err(|()| Error::NotFound(newest.name.clone()))?;
        self.delete_expired(&good, clock::now())
    }

    pub async fn list_bucket(&self) -> Result<Vec<(String, u64)>, Error> {
        self.require_bucket()?.list().await
    }

    pub async fn fetch(&self, name: &str) -> Result<PathBuf, Error> {
        let known = name.parse::<SnapshotName>().is_ok();
        if !known {
            return Err(Error::NotFound(name.to_owned()));
        }
        self.create_folders()?;
        let target = self.folder().join(name);
        self.require_bucket()?.fetch(name, &target).await?;
        Ok(target)
    }

    fn require_bucket(&self) -> Result<&Bucket, Error> {
        match &self.bucket {
            Some(Ok(bucket)) => Ok(bucket),
            Some(Err(causes)) => Err(Error::Bucket(causes.clone())),
            None => Err(Error::bucket(Cause::SettingMissing { setting: "backup.s3_bucket".to_owned() })),
        }
    }

    pub fn folder(&self) -> &Path {
        self.settings.folder.as_deref().unwrap_or(&self.work_folder)
    }

    fn create_locally(&self, begun: &BegunSnapshot) -> Result<CreatedSnapshot, Error> {
        let RunningSnapshot { kind, started_at: now } = begun.running;
        folder::clear_unfinished(self.folder());
        let work = self.work_folder.join(".unfinished.db");
        let _ = std::fs::remove_file(&work);
        let mut dropped = self.free_up_space()?;
        let created = self.copy_and_verify(&work).and_then(|copy| {
            let encrypted = !self.settings.age_recipients.is_empty();
            let name = SnapshotName::new(kind, now, encrypted);
            let stored = self.store(&work, &name)?;
            Ok((name, stored, copy))
        });
        let _ = std::fs::remove_file(&work);
        let (name, Stored { path, bytes, sha256 }, copy) = created?;
        tracing::debug!(event = "SNAPSHOT_CHECKSUM", %name, sha256, "SHA-256 of snapshot {name}, computed from the file on disk: {sha256}");
        dropped.extend(self.delete_expired(&name, now)?);
        Ok(CreatedSnapshot { name: name.to_string(), file: path, bytes, copy, dropped, bucket_error: None })
    }

    fn store(&self, work: &Path, name: &SnapshotName) -> Result<Stored, Error> {
        if !name.encrypted && self.folder() == self.work_folder {
            return folder::adopt(work, &self.work_folder, name, &self.cancel_token);
        }
        let bytes = std::fs::metadata(work).map_err(Error::file("read", work))?.len();
        check_space(self.folder(), bytes)?;
        folder::put(work, self.folder(), name, &self.settings.age_recipients, &self.cancel_token)
    }

    fn copy_and_verify(&self, work: &Path) -> Result<CopySummary, Error> {
        check_space(&self.work_folder, self.database_bytes())?;
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(work);
        let out = out.map_err(Error::file("write", work))?;
        let mut writer =
            CancellableWriter { out: BufWriter::with_capacity(1 << 20, &out), cancel_token: &self.cancel_token };
        match store::copy_database(&self.published, &mut writer) {
            _ if self.cancel_token.is_cancelled() => return Err(Error::Stopped),
            outcome => outcome?,
        };
        out.sync_all().map_err(Error::file("write", work))?;
        Ok(store::verify_copy(work)?)
    }

    fn verify_encrypted(&self, path: &Path, identity: &Path) -> Result<CopySummary, Error> {
        self.create_folders()?;
        let work = self.work_folder.join(".opened.db");
        let _ = std::fs::remove_file(&work);
        let encrypted = folder::open(path)?;
        let mut decrypted = encryption::decrypt(BufReader::new(encrypted), identity)?;
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&work);
        let mut out = out.map_err(Error::file("write", &work))?;
        let verified = std::io::copy(&mut decrypted, &mut out)
            .map_err(Error::file("decrypt", path))
            .and_then(|_| Ok(store::verify_copy(&work)?));
        let _ = std::fs::remove_file(&work);
        verified
    }

    fn delete_expired(&self, good: &SnapshotName, now: Timestamp) -> Result<Vec<String>, Error> {
        let found: Vec<SnapshotName> = self.list()?.iter().filter_map(|found| found.name.parse().ok()).collect();
        let mut dropped = Vec::new();
        for name in expired(&found, good, self.policy(), &self.zone, now) {
            folder::remove(self.folder(), &name.to_string())?;
            dropped.push(name.to_string());
        }
        dropped.extend(self.enforce_budget()?);
        Ok(dropped)
    }

    /// Uploads the snapshots that the bucket lacks, and deletes expired ones from the bucket. If encryption is
    /// configured, unencrypted snapshots are not uploaded.
    async fn upload_missing(&self, newest: Option<&str>) -> Result<(), Error> {
        let bucket = self.require_bucket()?;
        bucket.clear_unfinished(&self.work_folder).await?;
        let uploaded = bucket.list().await?;
        let encrypts = !self.settings.age_recipients.is_empty();
        for snapshot in self.list()?.into_iter().filter(|snapshot| snapshot.encrypted || !encrypts) {
            let same = |(name, bytes): &(String, u64)| *name == snapshot.name && *bytes == snapshot.bytes;
            if !uploaded.iter().any(same) {
                bucket
                    .put(&self.folder().join(&snapshot.name), &snapshot.name, &self.work_folder, &self.cancel_token)
                    .await?;
            }
        }
        let Some(good) = newest.and_then(|name| name.parse::<SnapshotName>().ok()) else { return Ok(()) };
        let names: Vec<SnapshotName> = bucket.list().await?.iter().filter_map(|(name, _)| name.parse().ok()).collect();
        for name in expired(&names, &good, self.policy(), &self.zone, clock::now()) {
            bucket.delete(&name.to_string()).await?;
        }
        Ok(())
    }

    fn policy(&self) -> RetentionPolicy {
        RetentionPolicy { days: self.settings.keep_days, weeks: self.settings.keep_weeks, special: self.special }
    }

    /// Fails if `backup.folder` is set and the folder that contains it does not exist.
    pub fn check_parent(&self) -> Result<(), Error> {
        let parent = self.settings.folder.as_deref().map(|folder| folder.parent().unwrap_or(Path::new("/")));
        parent.filter(|parent| !parent.is_dir()).map_or(Ok(()), |parent| Err(Error::NoFolder(parent.to_owned())))
    }

    fn create_folders(&self) -> Result<(), Error> {
        let create = |path: &Path| {
            let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
            created.map_err(Error::file("create", path))
        };
        create(&self.work_folder)?;
        if self.folder() != self.work_folder {
            // If a mount point is not mounted, a folder below it would be on the wrong disk.
            self.check_parent()?;
            create(self.folder())?;
        }
        Ok(())
    }

    fn save_status(&self, status: &BackupRun) {
        if let Err(error) = status.write(&self.status_file()) {
            let file = self.status_file();
            tracing::warn!(event = "SNAPSHOT_STATUS_UNWRITTEN", %error, "Cannot write the status of the snapshots to {}; the settings page and /readyz show an older status", file.display());
        }
    }

    fn status_file(&self) -> PathBuf {
        self.work_folder.join("status.json")
    }
}

/// A writer that fails once the service is stopping.
struct CancellableWriter<'s, W> {
    out: W,
    cancel_token: &'s CancellationToken,
}

impl<W: Write> Write for CancellableWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.cancel_token.is_cancelled() {
            return Err(std::io::Error::other("the service is stopping"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Runs `work` on a thread for which the process does not wait when it exits.
async fn run_detached<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("snapshot".into());
    thread.spawn(move || drop(sender.send(work()))).map_err(Error::file("start the thread", Path::new("snapshot")))?;
    receiver.await.map_err(|_| Error::Stopped)?
}
