//! Snapshots: verified copies of the database with a retention policy, in a folder and, if one is set, in an
//! S3-compatible bucket.
//!
//! A copy is first made beside the database and verified; then it is written to its destination and read back there,
//! and only then are older snapshots deleted. A snapshot is a complete database file, so a plain copy of it is equally
//! good.

mod bucket;
mod error;
mod folder;
mod gauge;
mod make;
mod name;
mod retention;
mod schedule;
pub mod seal;
mod status;

pub use error::Error;
pub use folder::Snapshot;
pub use gauge::Standing;
pub use make::{Made, Snapshots, Stop, Verified};
pub use name::{Kind, SnapshotName};
pub use status::Status;
