//! Snapshots: proven copies of the database with a retention, in a folder and, if one is set, in an S3-compatible bucket.
//!
//! A copy is first made beside the database and opened; then it goes where it belongs, is read back there, and only then
//! are older ones dropped. A snapshot is a whole database file, so a plain copy of it is worth as much.

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
