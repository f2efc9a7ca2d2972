//! Replaces the database with another one, for a restore. After each step, either the old or the new database is
//! complete.
//!
//! The new file is first copied into the folder and verified. Then the live database is archived as one file, and the
//! new file is given the published name. The next start adopts that file ([`super::adopt`]).

use super::archive::{self, Form, failed, remove};
use super::verify;
use crate::domain::{Cause, ContactId};
use crate::secure_open;
use crate::store::file_stamp::{ExactStamp, FileId, FileStamp};
use crate::store::folder::{Folder, PROGRAM, sync_folder, with_suffix};
use crate::store::peek::peek;
use crate::store::run_state::Record;
use crate::store::{CopySummary, Error, Result, mirror_log, open, sys};
use serde::{Deserialize, Serialize};
use sqlite_mirror::{Lock, LockHolder};
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedFiles {
    /// The previous database; `None` if there was none.
    pub database: Option<PathBuf>,
    /// A file of another program that had the published name.
    pub foreign_file: Option<PathBuf>,
}

/// A verified copy that can replace the current database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedCopy {
    pub summary: CopySummary,
    /// Contacts in the copy that were erased from the current database.
    pub erased: Vec<ContactId>,
}

/// Files that are in use are not changed.
pub fn stage_restore(published: &Path, from: &mut impl Read) -> Result<StagedCopy> {
    let folder = Folder::prepare(published)?;
    let incoming = incoming(&folder);
    let summary = write_incoming(&folder, &incoming, from).and_then(|()| verify::verify_copy(&incoming));
    if summary.is_err() {
        let _ = std::fs::remove_file(&incoming);
    }
    // The current database may be damaged, or missing.
    Ok(StagedCopy { summary: summary?, erased: erased_contacts(published, &incoming).unwrap_or_default() })
}

/// Returns the contacts of the copy that the audit log of the current database calls erased. Contact ids are never used
/// again.
fn erased_contacts(published: &Path, copy: &Path) -> Result<Vec<ContactId>> {
    let erased = peek(published, true, Vec::new(), |tx| tx.erased_contacts())?;
    let copy = open::lone_file(copy)?;
    // The copy may be of an earlier version, whose contacts have fewer columns.
    let mut find = copy.prepare("SELECT 1 FROM contacts WHERE id = ?1")?;
    let mut found = Vec::new();
    for id in erased {
        if find.exists([id])? {
            found.push(id);
        }
    }
    Ok(found)
}

pub fn discard_staged_restore(published: &Path) -> Result<()> {
    remove(&incoming(&Folder::of(published)?))
}

/// The process that has the store open.
pub fn lock_holder(published: &Path) -> Result<Option<LockHolder>> {
    let folder = Folder::of(published)?;
    let lock = folder.lock();
    if !lock.exists() {
        return Ok(None);
    }
    let inside = lock.strip_prefix(folder.root()).unwrap_or(&lock);
    let file = secure_open::open_inside(folder.root(), inside).map_err(failed("cannot open the lock file", &lock))?;
    Ok(Lock::holder(file, &folder)?)
}

/// Replaces the current database with the staged one. Fails while a process has the store open.
pub fn activate_restore(published: &Path) -> Result<ReplacedFiles> {
    let folder = Folder::prepare(published)?;
    let _lock = Lock::take(&folder, PROGRAM, &mirror_log::observer(&folder))?;
    let incoming = incoming(&folder);
    std::fs::metadata(&incoming).map_err(failed("cannot find the incoming database", &incoming))?;
    let replaced = archive_current(&folder)?;
    std::fs::rename(&incoming, &folder.published)
        .and_then(|()| sync_folder(folder.root()))
        .map_err(failed("cannot replace the database at", &folder.published))?;
    // The next start must not mistake the new file for the one that the last run left, and must not continue an
    // interrupted start.
    remove(&folder.notice())?;
    remove(&folder.run_state())?;
    Ok(replaced)
}

/// The archived database becomes the live one again, and the restored database is deleted. Fails if the restore
/// archived no database.
pub fn roll_back_restore(published: &Path, replaced: &ReplacedFiles) -> Result<()> {
    let folder = Folder::prepare(published)?;
    let _lock = Lock::take(&folder, PROGRAM, &mirror_log::observer(&folder))?;
    let Some(database) = &replaced.database else {
        let reason = io::Error::other("there was no database before");
        return Err(failed("cannot restore the previous database at", published)(reason));
    };
    // The deleted database is a copy of a file that still exists at its source.
    for gone in [folder.wal(), folder.wal_index(), folder.run_state(), folder.published.clone()] {
        remove(&gone)?;
    }
    let back = |from: &Path, to: &Path| std::fs::rename(from, to).map_err(failed("cannot move back", from));
    let log = with_suffix(database, "-wal");
    if log.exists() {
        remove(&folder.database())?;
        back(&log, &folder.wal())?;
    }
    back(database, &folder.database())?;
    if let Some(foreign_file) = &replaced.foreign_file {
        back(foreign_file, &folder.published)?;
        // The recorded state prevents the next start from adopting the foreign file.
        let live = std::fs::metadata(folder.database()).map_err(failed("cannot inspect", &folder.database()))?;
        let found =
            std::fs::symlink_metadata(&folder.published).map_err(failed("cannot inspect", &folder.published))?;
        let (live, foreign) = (Some(FileId::of(&live)), Some(ExactStamp::of(&found)));
        let state = folder.open_run_state()?.0;
        state
            .replace(&Record { live, foreign, ..Record::of_boot(state.boot()) })
            .map_err(failed("cannot write", &folder.run_state()))?;
    }
    sync_folder(folder.live()).and_then(|()| sync_folder(folder.root())).map_err(failed("cannot fsync", folder.root()))
}

fn write_incoming(folder: &Folder, incoming: &Path, from: &mut impl Read) -> Result<()> {
    remove(incoming)?;
    let mode = std::fs::metadata(&folder.published).map_or(MODE, |found| found.permissions().mode() & 0o777);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(incoming)
        .map_err(failed("cannot create", incoming))?;
    // Independent of the process's umask.
    file.set_permissions(Permissions::from_mode(mode)).map_err(failed("cannot set the permissions of", incoming))?;
    let mut chunk = vec![0; CHUNK];
    let mut check_space_at = 0;
    let mut written = 0_u64;
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(failed("cannot read the database that is to be put at", &folder.published)(error));
            }
        };
        // A file of another kind is not refused for lack of space.
        if written == 0 && read >= HEADER.len() && !chunk.starts_with(HEADER) {
            let findings = Cause::other("it is not an SQLite database".to_owned()).into();
            return Err(Error::Damaged { path: incoming.to_owned(), findings });
        }
        if written >= check_space_at {
            ensure_free_space(folder)?;
            check_space_at = written + MIN_FREE / 2;
        }
        file.write_all(&chunk[..read]).map_err(failed("cannot write", incoming))?;
        written += read as u64;
    }
    file.sync_all().map_err(failed("cannot fsync", incoming))
}

/// A daemon that is running meanwhile must still be able to write.
fn ensure_free_space(folder: &Folder) -> Result<()> {
    let space = sys::disk_space(folder.root()).map_err(failed("cannot determine the free space at", folder.root()))?;
    if space.total_bytes == 0 || space.free_bytes >= MIN_FREE {
        return Ok(());
    }
    Err(Error::InsufficientSpace {
        purpose: "the database that is to be restored",
        path: folder.root().to_owned(),
        needed_mb: MIN_FREE >> 20,
        free_mb: space.free_bytes >> 20,
    })
}

fn archive_current(folder: &Folder) -> Result<ReplacedFiles> {
    let mut replaced = ReplacedFiles::default();
    let found = std::fs::symlink_metadata(&folder.published).ok();
    if folder.database().exists() {
        let record = folder.open_run_state()?.1.unwrap_or_default();
        let known = [record.published.map(|published| published.stamp), record.successor];
        let ours = found.as_ref().is_none_or(|found| known.contains(&Some(FileStamp::of(found))));
        let name = archive::free_name(folder, archive::Kind::BeforeRestore, "");
        archive::live_database(folder, Form::OneFile, &name)?;
        replaced.database = Some(name);
        if !ours {
            let name = archive::free_name(folder, archive::Kind::BeforeRestore, "-published");
            archive::published_file(folder, &name)?;
            replaced.foreign_file = Some(name);
        }
    } else if found.is_some_and(|found| found.len() > 0) {
        let name = archive::free_name(folder, archive::Kind::BeforeRestore, "");
        archive::published_file(folder, &name)?;
        replaced.database = Some(name);
    }
    Ok(replaced)
}

fn incoming(folder: &Folder) -> PathBuf {
    folder.root().join(".agentlocator.restore")
}

const MODE: u32 = 0o640;
/// The first bytes of each SQLite database.
const HEADER: &[u8] = b"SQLite format 3\0";
const CHUNK: usize = 1 << 20;
/// Bytes of disk space that a restore leaves free for the daemon.
const MIN_FREE: u64 = 32 << 20;
