//! The paths of the store's files, and the state file with the record of the last run.

use super::Result;
use crate::config;
use sqlite_mirror::run_state::{self, Record, RunState};
use std::ops::Deref;
use std::path::{Path, PathBuf};

pub use sqlite_mirror::with_suffix;
pub(in crate::store) use sqlite_mirror::{private_folder, sync_folder};

/// Written into the state file and the error message about a held lock.
pub(in crate::store) const PROGRAM: &str = "agentlocator";

/// The files of the SQLite mirror, and those that only this program has.
#[derive(Clone, Debug)]
pub(in crate::store) struct Folder {
    mirror: sqlite_mirror::Folder,
    /// The copies that are made before migrations.
    pub snapshots: PathBuf,
}

impl Folder {
    /// Creates missing folders. Only this user can access `live/`.
    pub(in crate::store) fn prepare(published: &Path) -> Result<Self> {
        let mirror = sqlite_mirror::Folder::prepare(published)?;
        mirror.add_note("README", README);
        Ok(Self::with(mirror))
    }

    /// Creates nothing.
    pub(in crate::store) fn of(published: &Path) -> Result<Self> {
        Ok(Self::with(sqlite_mirror::Folder::of(published)?))
    }

    fn with(mirror: sqlite_mirror::Folder) -> Self {
        let snapshots = mirror.root().join("snapshots");
        Self { mirror, snapshots }
    }

    /// The records that could not be stored in the database.
    pub(in crate::store) fn unstored(&self) -> PathBuf {
        self.live().join("unstored")
    }

    /// The start notice for the owner. The file exists until the database is open.
    pub(in crate::store) fn notice(&self) -> PathBuf {
        self.live().join("notice")
    }

    pub(in crate::store) fn open_run_state(&self) -> Result<(RunState, Option<Record>)> {
        Ok(RunState::open(&self.run_state(), PROGRAM, &boot_id())?)
    }
}

impl Deref for Folder {
    type Target = sqlite_mirror::Folder;

    fn deref(&self) -> &Self::Target {
        &self.mirror
    }
}

/// Without dashes; empty if unknown. The systemd unit passes the id in an environment variable, because
/// `ProcSubset=pid` hides `/proc/sys` from the service.
pub fn boot_id() -> String {
    let passed = config::process_env("AGENTLOCATOR_BOOT_ID").filter(|id| !id.trim().is_empty());
    passed.map_or_else(run_state::boot_id, |id| id.trim().replace('-', ""))
}

const README: &str = include_str!("live_readme.txt");
