//! Snapshots: verified copies of the database with a retention policy, in a folder and optionally in an S3-compatible
//! bucket.
//!
//! A copy is first created beside the database and verified. Then it is read back and renamed, or written to its
//! destination and read back from there. Only after that are expired snapshots deleted. If the disk lacks space or the
//! budget is exceeded, older snapshots are deleted even before the copy is created. An unencrypted snapshot is a
//! complete database file, so a user can copy it with any tool.

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
