//! The input logs: one file for each call, with everything that the call's session received and decided, and when.
//! `agentlocator replay` feeds a log into a new session, and compares the decisions.
//!
//! A thread of its own writes the files. A call passes its records on through a bounded queue and never waits. If the
//! disk is slow, records are dropped, and the log contains [`Record::Gap`].

mod cleanup;
mod format;
mod writer;

pub use format::{Header, LoggedCall, ReadError, ReadRecord, Record, read};
pub use writer::{InputLog, InputLogs};

use crate::domain::CallSid;
use crate::secure_open;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLog {
    pub sid: CallSid,
    pub name: String,
    pub bytes: u64,
    pub written_at: SystemTime,
}

/// The name of the folder with the logs, in the data folder.
pub const FOLDER: &str = "call-inputs";

/// Oldest first. Empty if there is no folder.
pub fn list(folder: &Path) -> std::io::Result<Vec<StoredLog>> {
    // A link in place of the folder is not followed, because root may list the logs.
    let entries = match secure_open::list(folder.parent().unwrap_or(folder), folder.file_name(), MAX_LISTED) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for (name, stat) in entries {
        let name = name.to_string_lossy().into_owned();
        let Some(sid) = sid_of(&name) else { continue };
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
        let written_at = UNIX_EPOCH + Duration::new(u64::try_from(stat.st_mtime).unwrap_or_default(), nanoseconds);
        found.push(StoredLog { sid, name, bytes: u64::try_from(stat.st_size).unwrap_or_default(), written_at });
    }
    found.sort_by(|one, other| (one.written_at, &one.name).cmp(&(other.written_at, &other.name)));
    Ok(found)
}

/// `None` if the file is not a log.
fn sid_of(name: &str) -> Option<CallSid> {
    name.strip_suffix(SUFFIX)?.split_once('-')?.0.parse().ok()
}

/// After a restart of the daemon, the same call continues in a further log.
fn path_of(folder: &Path, sid: &CallSid, part: u32) -> PathBuf {
    folder.join(format!("{sid}-{part}{SUFFIX}"))
}

const MAX_LISTED: usize = 1_000_000;

const SUFFIX: &str = ".jsonl";
