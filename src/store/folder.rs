//! The paths of the store's files, and the state file with the record of the last run.

use super::{Error, Result};
use crate::config::{self, private_file};
use sqlite_mirror::run_state::{self, Record, RunState};
use std::ffi::OsStr;
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
    /// Creates missing folders. Only this user can access `live/`. Fails if the live database of the folder belongs to
    /// another published file, because it would otherwise be replaced by that file's content at each change of the name.
    pub(in crate::store) fn prepare(published: &Path) -> Result<Self> {
        let mirror = sqlite_mirror::Folder::prepare(published)?;
        mirror.add_note("README", README);
        let folder = Self::with(mirror);
        let recorded = std::fs::read_to_string(folder.name_file()).unwrap_or_default();
        // A content that is no name of a file, for example nothing after a power failure, says nothing.
        let is_name = Path::new(&recorded).file_name() == Some(OsStr::new(&recorded));
        let existing = folder.published.with_file_name(&recorded);
        if is_name && existing != folder.published && existing.exists() {
            return Err(Error::OtherName { configured: folder.published.clone(), existing });
        }
        Ok(folder)
    }

    /// Creates nothing.
    pub(in crate::store) fn of(published: &Path) -> Result<Self> {
        Ok(Self::with(sqlite_mirror::Folder::of(published)?))
    }

    /// Records that the live database belongs to the published file. An error is ignored, so that the daemon can start
    /// on a full disk.
    pub(in crate::store) fn record_name(&self) {
        if let Some(name) = self.published.file_name().and_then(OsStr::to_str)
            && std::fs::read_to_string(self.name_file()).ok().as_deref() != Some(name)
        {
            let _ = private_file::replace(&self.name_file(), name.as_bytes());
        }
    }

    /// The file with the name of the published file.
    fn name_file(&self) -> PathBuf {
        self.database().with_file_name("published-name")
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
