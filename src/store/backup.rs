//! Copies of the database: how they are made, verified, restored and archived, and when a start makes the published
//! copy the live database.

pub(super) mod adopt;
pub(super) mod archive;
pub(super) mod copy;
pub(super) mod copy_check;
pub(super) mod database_summary;
pub(super) mod leftover_log;
pub(super) mod restore;
pub(super) mod verify;

pub use copy::{copy_database, spool_database};
pub use copy_check::CopyCheck;
pub use database_summary::{DatabaseSummary, summarize_copy};
pub use leftover_log::{leftover_log, refuse_leftover_log};
pub use restore::{
    ReplacedFiles, StagedCopy, activate_restore, discard_staged_restore, lock_holder, roll_back_restore, stage_restore,
};
pub use verify::{BACKUP_MARK, CopySummary, verify_copy};
