//! A marker file outside the data folder. It records that the data folder contains data. If the marker exists but the
//! data is missing, the disk with the data is probably not mounted. The daemon then does not create a new database.

use super::{StoreConfig, folder_of};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct DataMarker {
    file: PathBuf,
}

/// The error for a data folder that contained a database earlier and contains none now.
#[derive(Debug, thiserror::Error)]
#[error(
    "There was data in {}, and now there is none, so the service does not start as a new installation. Mount the disk of the \
     data there, and the service starts by itself; or put a backup in place: agentlocator restore FILE. To begin with an empty \
     database anyway: agentlocator setup --new-data",
    folder.display()
)]
pub struct MissingData {
    folder: PathBuf,
}

impl DataMarker {
    /// Returns the marker in a folder, which must not be the data folder.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join("data-folder") }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Returns true if a published or a live database exists and is not an empty file.
    pub fn data_exists(store: &StoreConfig) -> bool {
        let is_there = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.len() > 0);
        is_there(&store.published_file()) || is_there(&store.live_file())
    }

    pub fn check(&self, store: &StoreConfig) -> Result<(), MissingData> {
        let folder = data_folder(store);
        let was_there = fs::read(&self.file).is_ok_and(|noted| noted == folder.as_os_str().as_bytes());
        if was_there && !Self::data_exists(store) { Err(MissingData { folder }) } else { Ok(()) }
    }

    pub fn set(&self, store: &StoreConfig) -> io::Result<()> {
        let folder = data_folder(store);
        let text = folder.as_os_str().as_bytes();
        if fs::read(&self.file).is_ok_and(|noted| noted == text) {
            return Ok(());
        }
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, text)?;
        fs::File::open(&fresh)?.sync_all()?;
        fs::rename(&fresh, &self.file)?;
        fs::File::open(folder_of(&self.file))?.sync_all()
    }

    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn data_folder(store: &StoreConfig) -> PathBuf {
    let folder = store.data_folder();
    std::path::absolute(&folder).unwrap_or(folder)
}
