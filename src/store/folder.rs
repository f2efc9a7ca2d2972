//! The paths of the store's files.

use super::Result;
use std::ops::Deref;
use std::path::{Path, PathBuf};

pub use sqlite_mirror::with_suffix;
pub(in crate::store) use sqlite_mirror::{private_folder, sync_folder};

/// The files of a store: those of its mirror, and the product's additional files.
#[derive(Clone, Debug)]
pub(in crate::store) struct Folder {
    mirror: sqlite_mirror::Folder,
    /// The folder of the copies that are made before migrations.
    pub snapshots: PathBuf,
}

impl Folder {
    /// Returns the paths around the published file, and creates missing folders. Only this user can access `live/`.
    pub(in crate::store) fn prepare(published: &Path) -> Result<Self> {
        let mirror = sqlite_mirror::Folder::prepare(published)?;
        mirror.add_note("README", README);
        Ok(Self::with(mirror))
    }

    /// Returns the paths around the published file, and creates nothing.
    pub(in crate::store) fn of(published: &Path) -> Result<Self> {
        Ok(Self::with(sqlite_mirror::Folder::of(published)?))
    }

    fn with(mirror: sqlite_mirror::Folder) -> Self {
        let snapshots = mirror.root().join("snapshots");
        Self { mirror, snapshots }
    }

    /// Returns the path of the file with the records that could not be stored on a full disk.
    pub(in crate::store) fn unstored(&self) -> PathBuf {
        self.live().join("unstored")
    }

    /// Returns the path of the start notice for the owner. The file exists until the database is open.
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
