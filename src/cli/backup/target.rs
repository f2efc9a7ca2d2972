//! The target file of a backup. It is written as `NAME.part` and renamed when it is complete.

use crate::config::folder_of;
use crate::host::disk::format_bytes;
use crate::secure_open;
use crate::store::{self, CopySummary, with_suffix};
use anyhow::{Context, bail};
use rustix::fs::{FileType, Mode};
use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// If the value is dropped before [`Target::finish`] is called, the unfinished file is removed.
pub(super) struct Target {
    location: secure_open::Target,
    path: PathBuf,
    part: PathBuf,
    part_name: OsString,
    file: File,
    finished: bool,
}

impl Target {
    /// Fails if another backup has locked the `.part` file.
    pub(super) fn open(wanted: &Path, published: &Path) -> anyhow::Result<Self> {
        let location = find(wanted)?;
        let path = location.folder_path.join(&location.name);
        check(&location, &path, published)?;
        let part = with_suffix(&path, ".part");
        let mut part_name = location.name.clone();
        part_name.push(".part");
        let file = location.open(&part_name).with_context(|| format!("cannot write {}", part.display()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another backup is being written to {}", path.display()),
            // Some file systems have no locks. Continue without protection against a concurrent backup.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let target = Self { location, path, part, part_name, file, finished: false };
        if !target.file.metadata()?.is_file() {
            bail!("{} is not a regular file", target.part.display());
        }
        // Delete the content that an interrupted backup may have left.
        target.file.set_len(0).with_context(|| format!("cannot write {}", target.part.display()))?;
        // Keep the mode of an existing file that this user owns. Otherwise only this user may read the backup.
        let mode = match target.location.found {
            Some(before) if before.st_uid == geteuid().as_raw() => Mode::from_raw_mode(before.st_mode),
            _ => Mode::RUSR | Mode::WUSR,
        };
        rustix::fs::fchmod(&target.file, mode)?;
        Ok(target)
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn check_space(&self, bytes: u64) -> anyhow::Result<()> {
        let folder = folder_of(&self.part);
        let free = store::disk_space(folder).map_or(u64::MAX, |space| space.free_bytes);
        if free < bytes {
            bail!(
                "not enough space at {}: the copy takes {}, and {} are free",
                folder.display(),
                format_bytes(bytes),
                format_bytes(free)
            );
        }
        Ok(())
    }

    pub(super) fn verify(&self) -> anyhow::Result<CopySummary> {
        self.file.sync_all().with_context(|| format!("cannot sync {} to disk", self.part.display()))?;
        Ok(store::verify_copy(&self.part)?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<PathBuf> {
        self.location
            .rename(&self.part_name)
            .with_context(|| format!("cannot rename the copy to {}", self.path.display()))?;
        self.finished = true;
        // Ignore errors: some network file systems cannot sync a folder.
        let _ = self.location.sync_folder();
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.location.remove(&self.part_name);
        }
    }
}

fn find(wanted: &Path) -> anyhow::Result<secure_open::Target> {
    if wanted == Path::new("-") {
        bail!("a backup needs a file that can be read back, not stdout");
    }
    if wanted.file_name().is_none() || wanted.as_os_str().as_encoded_bytes().ends_with(b"/") {
        bail!("{} is not a file name", wanted.display());
    }
    secure_open::find_target(wanted).with_context(|| match std::fs::symlink_metadata(wanted) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            format!("cannot find the folder {}", folder_of(wanted).display())
        }
        _ => format!("cannot write {}", wanted.display()),
    })
}

/// Fails if the target exists and is no regular file, belongs to the service, or has the write-ahead log or journal of
/// another database beside it.
fn check(location: &secure_open::Target, path: &Path, published: &Path) -> anyhow::Result<()> {
    let kind = location.found.map(|found| FileType::from_raw_mode(found.st_mode));
    match kind {
        Some(FileType::Directory) => bail!("{} is a folder; name a file in it", path.display()),
        Some(FileType::RegularFile) | None => {}
        Some(_) => bail!("{} is not a regular file", path.display()),
    }
    let data = folder_of(published)
        .canonicalize()
        .with_context(|| format!("there is no database at {}", published.display()))?;
    let is_published = match (location.found, std::fs::metadata(published)) {
        (Some(found), Ok(published)) => (found.st_dev, found.st_ino) == (published.dev(), published.ino()),
        _ => path == data.join(published.file_name().unwrap_or_default()),
    };
    if is_published || path.starts_with(data.join("live")) {
        bail!("{} belongs to the service itself; name another file, preferably on another disk", path.display());
    }
    if let Some(log) = store::leftover_log(path) {
        bail!(
            "{} belongs to another database and would damage this one; remove it, or name another file",
            log.display()
        );
    }
    Ok(())
}
