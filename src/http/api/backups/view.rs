//! API types of snapshots.

use crate::backup;
use crate::domain::{Causes, Language, Timestamp};
use crate::http::ApiError;
use crate::messages;
use axum::http::StatusCode;
use serde::Serialize;

/// The snapshots, and the state of the backups.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BackupsResponse {
    /// The state of the backups. `good`: the last snapshot and the last upload succeeded, and the snapshot is recent.
    /// `bad`: the last attempt or upload failed, or the last snapshot is too old. `pending`: no attempt has been made
    /// yet. `off`: backups are disabled in the settings.
    pub(super) status: &'static str,
    /// The snapshot that is being created now; null if there is none.
    pub(super) running: Option<RunningSnapshot>,
    /// The result of the last attempt to create a snapshot.
    pub(super) last_run: BackupRun,
    /// The snapshots in the folder, newest first; empty also if the folder cannot be read.
    pub(super) snapshots: Vec<Snapshot>,
    /// Whether snapshots are also uploaded to a bucket.
    pub(super) bucket: bool,
    /// The absolute path of the snapshot folder on the server.
    pub(super) folder: String,
    /// The absolute path of the database file on the server, which a restore replaces.
    pub(super) database: String,
}

/// A snapshot that is being created.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RunningSnapshot {
    /// The kind of the snapshot: `nightly` or `manual`.
    kind: &'static str,
    /// When the creation started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
}

impl From<backup::RunningSnapshot> for RunningSnapshot {
    fn from(running: backup::RunningSnapshot) -> Self {
        Self { kind: running.kind.as_str(), started_at: running.started_at }
    }
}

/// The result of the last attempt to create a snapshot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BackupRun {
    /// When a snapshot was last created; null if none has been.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_success_at: Option<Timestamp>,
    /// The file name of that snapshot; null if there is none.
    last_snapshot: Option<String>,
    /// The size of that snapshot in bytes; 0 if there is none.
    last_bytes: u64,
    /// When the last attempt was made; null if none was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed, in the language of `Accept-Language`; null if it succeeded, or none was made.
    last_error: Option<String>,
    /// Whether the last attempt failed for lack of disk space.
    lacks_space: bool,
    /// When the upload to the bucket was last verified to be complete; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    bucket_success_at: Option<Timestamp>,
    /// Why the last upload to the bucket failed, in the language of `Accept-Language`; null if it succeeded, or if
    /// nothing was uploaded yet.
    bucket_error: Option<String>,
}

impl BackupRun {
    pub(super) fn new(run: backup::BackupRun, language: Language) -> Self {
        let text = |causes: Option<Causes>| causes.map(|causes| messages::causes(language, &causes));
        Self {
            last_success_at: run.last_success_at,
            last_snapshot: run.last_snapshot,
            last_bytes: run.last_bytes,
            last_attempt_at: run.last_attempt_at,
            last_error: text(run.last_error),
            lacks_space: run.lacks_space,
            bucket_success_at: run.bucket_success_at,
            bucket_error: text(run.bucket_error),
        }
    }
}

/// A snapshot: a complete copy of the database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Snapshot {
    /// The file name of the snapshot in the snapshot folder.
    name: String,
    /// The kind of the snapshot: `nightly`, `manual`, `pre-upgrade` or `pre-migration`.
    kind: &'static str,
    /// When the snapshot was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The size of the snapshot file in bytes.
    bytes: u64,
    /// Whether the snapshot file is encrypted.
    encrypted: bool,
    /// The SHA-256 of the file, in hexadecimal; null if no checksum was stored with the file.
    sha256: Option<String>,
}

impl From<backup::Snapshot> for Snapshot {
    fn from(snapshot: backup::Snapshot) -> Self {
        Self {
            name: snapshot.name,
            kind: snapshot.kind.as_str(),
            created_at: snapshot.created_at,
            bytes: snapshot.bytes,
            encrypted: snapshot.encrypted,
            sha256: snapshot.sha256,
        }
    }
}

/// `failed` says what failed, for the log.
pub(super) fn refusal(failed: &str, error: backup::Error) -> ApiError {
    let message = error.to_string();
    let conflict = |code| ApiError::new(StatusCode::CONFLICT, code, message.clone());
    match error {
        backup::Error::Busy => conflict("backup_running"),
        backup::Error::NoSpace { needed_mb, free_mb, .. } => conflict("no_space")
            .with_param("needed_mb", needed_mb.to_string())
            .with_param("free_mb", free_mb.to_string()),
        backup::Error::NotFound(_) => ApiError::not_found("there is no such snapshot"),
        error => {
            tracing::error!(event = "SNAPSHOT_FAILED", %error, "{failed}: {error}");
            ApiError::unavailable(message)
        }
    }
}
