//! A copy into a file of the caller's choice, proven before it gets its name.

use super::{Error, Result, Store, copy, open};
use std::io;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes a consistent copy of everything that was acknowledged before the call. What was at `target` stays until the
    /// copy is proven, and is then replaced.
    pub async fn backup(&self, target: impl Into<PathBuf>) -> Result<()> {
        let (target, store) = (target.into(), self.clone());
        tokio::task::spawn_blocking(move || store.backup_now(&target)).await.map_err(|_| Error::Panicked)?
    }

    fn backup_now(&self, target: &Path) -> Result<()> {
        let folder = &self.inner.folder;
        let refused = |reason: &'static str| {
            let source = io::Error::new(io::ErrorKind::InvalidInput, reason);
            Err(Error::File { doing: "cannot write a backup to", path: target.to_owned(), source })
        };
        let Some(name) = target.file_name() else { return refused("it names no file") };
        let parent = match target.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let parent = parent.canonicalize().map_err(|source| Error::File {
            doing: "cannot find the folder",
            path: parent.to_owned(),
            source,
        })?;
        let place = parent.join(name);
        if place == folder.published || parent == *folder.live() {
            return refused("the service itself uses that file");
        }
        if place.is_dir() {
            return refused("it is a folder");
        }
        copy::copy_to(&open::reader(&folder.database())?, &place)
    }
}
