//! The file that a backup is written to: first beside its name, with `.part` behind it.

use super::prove;
use crate::config::folder_of;
use crate::ops::disk::amount;
use crate::store::{self, CopyFacts, with_ending};
use anyhow::{Context, bail};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A backup that is being written. If it is dropped before it is finished, nothing of it stays.
pub(super) struct Target {
    /// The name that it will get.
    path: PathBuf,
    part: PathBuf,
    file: File,
    finished: bool,
}

impl Target {
    /// Opens the unfinished file, after looking whether the name makes sense.
    pub(super) fn open(wanted: &Path, published: &Path) -> anyhow::Result<Self> {
        let path = checked(wanted, published)?;
        let part = with_ending(&path, ".part");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(&part).with_context(|| format!("cannot write {}", part.display()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another backup is just being written to {}", path.display()),
            // Where there are no locks, nobody is kept out.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let target = Self { path, part, file, finished: false };
        if !target.file.metadata()?.is_file() {
            bail!("{} is no plain file", target.part.display());
        }
        // Left over from one that was broken off.
        target.file.set_len(0).with_context(|| format!("cannot write {}", target.part.display()))?;
        if let Ok(before) = std::fs::metadata(&target.path) {
            target.file.set_permissions(before.permissions())?;
        }
        Ok(target)
    }

    /// Where the copy goes.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Fails if there is no room for so many bytes.
    pub(super) fn check_room(&self, bytes: u64) -> anyhow::Result<()> {
        let folder = folder_of(&self.part);
        let free = store::disk_space(folder).map_or(u64::MAX, |space| space.free_bytes);
        if free < bytes {
            bail!(
                "not enough room at {}: the copy takes {}, and {} are free",
                folder.display(),
                amount(bytes),
                amount(free)
            );
        }
        Ok(())
    }

    /// Puts it on disk, and reads it whole.
    pub(super) fn prove(&self) -> anyhow::Result<CopyFacts> {
        self.file.sync_all().with_context(|| format!("cannot put {} on disk", self.part.display()))?;
        prove(&self.part)
    }

    /// Gives it its name.
    pub(super) fn finish(mut self) -> anyhow::Result<PathBuf> {
        std::fs::rename(&self.part, &self.path)
            .with_context(|| format!("cannot give the copy its name {}", self.path.display()))?;
        self.finished = true;
        if let Some(folder) = self.path.parent() {
            // Some file systems of a network have nothing to put on disk for a folder.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// The file that is meant, with links followed, if a backup may be there.
fn checked(wanted: &Path, published: &Path) -> anyhow::Result<PathBuf> {
    if wanted == Path::new("-") {
        bail!("a backup goes to a file that can be read back, not to stdout");
    }
    let Some(name) = wanted.file_name().filter(|_| !wanted.as_os_str().as_encoded_bytes().ends_with(b"/")) else {
        bail!("{} names no file", wanted.display());
    };
    let folder = folder_of(wanted);
    let folder = folder.canonicalize().with_context(|| format!("cannot find the folder {}", folder.display()))?;
    let mut path = folder.join(name);
    match std::fs::symlink_metadata(&path) {
        Ok(found) if found.is_symlink() => {
            path = path.canonicalize().with_context(|| format!("{} leads nowhere", path.display()))?;
        }
        _ => {}
    }
    let there = std::fs::metadata(&path).ok();
    if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        bail!("{} is a folder; name a file in it", path.display());
    }
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        bail!("{} is no plain file", path.display());
    }
    let data = folder_of(published)
        .canonicalize()
        .with_context(|| format!("there is no database at {}", published.display()))?;
    let same = |a: &std::fs::Metadata, b: &std::fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    let is_published = match (&there, std::fs::metadata(published)) {
        (Some(there), Ok(published)) => same(there, &published),
        _ => path == data.join(published.file_name().unwrap_or_default()),
    };
    if is_published || path.starts_with(data.join("live")) {
        bail!("{} belongs to the service itself; name another file, best on another disk", path.display());
    }
    if let Some(log) = store::log_beside(&path) {
        bail!(
            "{} belongs to another database and would spoil this one; remove it, or name another file",
            log.display()
        );
    }
    Ok(path)
}
