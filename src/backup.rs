//! Snapshots: verified copies of the database with a retention policy, in a folder and optionally in an S3-compatible
//! bucket.
//!
//! An unencrypted snapshot is a complete database file, so a user can copy it with any tool.

mod bucket;
mod create;
pub mod encryption;
mod error;
mod folder;
mod name;
mod retention;
mod schedule;
mod status;

pub use create::{BegunSnapshot, CreatedSnapshot, RunningSnapshot, Snapshots, Verified};
pub use error::Error;
pub use folder::Snapshot;
pub use name::{Kind, SnapshotName};
pub use status::{BackupRun, BackupStatus};
