#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod acknowledge;
pub mod background_read;
pub mod checkpoint;
mod clock;
pub mod disk_reserve;
mod error;
mod event;
pub mod fault_injection;
pub mod file_stamp;
mod folder;
mod fs_support;
mod lock;
mod mount;
pub mod open;
pub mod page_copy;
pub mod permission;
pub mod publish;
pub mod run_state;
pub mod sys;
mod verification;
mod wal;

pub use acknowledge::{AckAfter, Acknowledge, Callers, CommitError, caller, complete_all};
pub use error::{Error, Result};
pub use event::{Event, Observer};
pub use folder::{Folder, folder_of, private_folder, sync_folder, with_suffix};
pub use fs_support::{FsSupport, probe_file_system};
pub use lock::{Lock, LockHolder};
pub use mount::Mount;
pub use verification::Verification;
pub use wal::{Position, WalFiles, holds_write};
