//! The file that a backup is written to: first beside its name, with `.part` behind it.

use super::prove;
use crate::config::folder_of;
use crate::ops::disk::amount;
use crate::secure_open;
use crate::store::{self, CopyFacts, with_ending};
use anyhow::{Context, bail};
use rustix::fs::{FileType, Mode};
use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A backup that is being written. If it is dropped before it is finished, nothing of it stays.
pub(super) struct Target {
    place: secure_open::Target,
    /// The name that it will get, and that of the unfinished file.
    path: PathBuf,
    part: PathBuf,
    part_name: OsString,
    file: File,
    finished: bool,
}

impl Target {
    /// Opens the unfinished file, after looking whether the name makes sense.
    pub(super) fn open(wanted: &Path, published: &Path) -> anyhow::Result<Self> {
        let place = find(wanted)?;
        let path = place.folder_path.join(&place.name);
        check(&place, &path, published)?;
        let part = with_ending(&path, ".part");
        let mut part_name = place.name.clone();
        part_name.push(".part");
        let file = place.open(&part_name).with_context(|| format!("cannot write {}", part.display()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another backup is just being written to {}", path.display()),
            // Where there are no locks, nobody is kept out.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let target = Self { place, path, part, part_name, file, finished: false };
        if !target.file.metadata()?.is_file() {
            bail!("{} is no plain file", target.part.display());
        }
        // Left over from one that was broken off.
        target.file.set_len(0).with_context(|| format!("cannot write {}", target.part.display()))?;
        // Another user's file may be open to that user.
        let mode = match target.place.found {
            Some(before) if before.st_uid == geteuid().as_raw() => Mode::from_raw_mode(before.st_mode),
            _ => Mode::RUSR | Mode::WUSR,
        };
        rustix::fs::fchmod(&target.file, mode)?;
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
        self.place
            .rename(&self.part_name)
            .with_context(|| format!("cannot give the copy its name {}", self.path.display()))?;
        self.finished = true;
        // Some file systems of a network have nothing to put on disk for a folder.
        let _ = self.place.sync_folder();
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.place.remove(&self.part_name);
        }
    }
}

/// The file that is meant.
fn find(wanted: &Path) -> anyhow::Result<secure_open::Target> {
    if wanted == Path::new("-") {
        bail!("a backup goes to a file that can be read back, not to stdout");
    }
    if wanted.file_name().is_none() || wanted.as_os_str().as_encoded_bytes().ends_with(b"/") {
        bail!("{} names no file", wanted.display());
    }
    secure_open::find_target(wanted).with_context(|| match std::fs::symlink_metadata(wanted) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            format!("cannot find the folder {}", folder_of(wanted).display())
        }
        _ => format!("cannot write {}", wanted.display()),
    })
}

/// Fails if no backup may be there.
fn check(place: &secure_open::Target, path: &Path, published: &Path) -> anyhow::Result<()> {
    let kind = place.found.map(|found| FileType::from_raw_mode(found.st_mode));
    match kind {
        Some(FileType::Directory) => bail!("{} is a folder; name a file in it", path.display()),
        Some(FileType::RegularFile) | None => {}
        Some(_) => bail!("{} is no plain file", path.display()),
    }
    let data = folder_of(published)
        .canonicalize()
        .with_context(|| format!("there is no database at {}", published.display()))?;
    let is_published = match (place.found, std::fs::metadata(published)) {
        (Some(found), Ok(published)) => (found.st_dev, found.st_ino) == (published.dev(), published.ino()),
        _ => path == data.join(published.file_name().unwrap_or_default()),
    };
    if is_published || path.starts_with(data.join("live")) {
        bail!("{} belongs to the service itself; name another file, best on another disk", path.display());
    }
    if let Some(log) = store::log_beside(path) {
        bail!(
            "{} belongs to another database and would spoil this one; remove it, or name another file",
            log.display()
        );
    }
    Ok(())
}
