//! The paths of the store's files.

use super::Result;
use std::ops::Deref;
use std::path::{Path, PathBuf};

pub use sqlite_mirror::with_suffix;
pub(in crate::store) use sqlite_mirror::{private_folder, sync_folder};

/// The files of one store: those of its mirror, and the product's own beside them.
#[derive(Clone, Debug)]
pub(in crate::store) struct Folder {
    mirror: sqlite_mirror::Folder,
    /// Folder of the copies from before migrations.
    pub snapshots: PathBuf,
}

impl Folder {
    /// The folder around the published file; creates what is missing. `live/` is accessible to this user only.
    pub(in crate::store) fn prepare(published: &Path) -> Result<Self> {
        let mirror = sqlite_mirror::Folder::prepare(published)?;
        mirror.add_note("README", README);
        Ok(Self::with(mirror))
    }

    /// The folder around the published file, unchanged.
    pub(in crate::store) fn of(published: &Path) -> Result<Self> {
        Ok(Self::with(sqlite_mirror::Folder::of(published)?))
    }

    fn with(mirror: sqlite_mirror::Folder) -> Self {
        let snapshots = mirror.root().join("snapshots");
        Self { mirror, snapshots }
    }

    /// The records that could not be stored on a full disk.
    pub(in crate::store) fn unstored(&self) -> PathBuf {
        self.live().join("unstored")
    }

    /// The start notice for the owner, until the database is open.
    pub(in crate::store) fn notice(&self) -> PathBuf {
        self.live().join("notice")
    }
}

impl Deref for Folder {
    type Target = sqlite_mirror::Folder;

    fn deref(&self) -> &Self::Target {
        &self.mirror
    }
}

const README: &str = include_str!("live_readme.txt");
