//! Replaces the database by another one, for a restore. Each step leaves the old or the new database complete.
//!
//! The new file is first copied into the folder and verified. Then the live database is archived as one file, and the
//! new file gets the published name; the next start adopts it ([`super::adopt`]).

use super::archive::{self, Form, failed, remove};
use super::folder::{Folder, sync_folder, with_ending};
use super::lock::{Holder, Lock};
use super::run_state::{Record, RunState};
use super::stamp::{ExactStamp, FileId, Stamp};
use super::{CopyFacts, Error, Result, proof, sys};
use serde::{Deserialize, Serialize};
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The files that a swap archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAside {
    /// The previous database; none in a new folder.
    pub database: Option<PathBuf>,
    /// A file that another program had put under the published name.
    pub stranger: Option<PathBuf>,
}

/// Copies a database into the folder and verifies it. Changes no file that is in use.
pub fn take_in(published: &Path, from: &mut impl Read) -> Result<CopyFacts> {
    let folder = Folder::prepare(published)?;
    let incoming = incoming(&folder);
    let facts = write_incoming(&folder, &incoming, from).and_then(|()| proof::prove_copy(&incoming));
    if facts.is_err() {
        let _ = std::fs::remove_file(&incoming);
    }
    facts
}

/// Deletes the incoming database.
pub fn discard_incoming(published: &Path) -> Result<()> {
    remove(&incoming(&Folder::of(published)?))
}

/// The process that has the store open, if any.
pub fn holder(published: &Path) -> Result<Option<Holder>> {
    let folder = Folder::of(published)?;
    if folder.lock().exists() { Lock::holder(&folder) } else { Ok(None) }
}

/// Puts the incoming database in place of the current one. No process may have the store open.
pub fn swap_in(published: &Path) -> Result<PutAside> {
    let folder = Folder::prepare(published)?;
    let _lock = Lock::take(&folder)?;
    let incoming = incoming(&folder);
    std::fs::metadata(&incoming).map_err(failed("cannot find the incoming database", &incoming))?;
    let aside = put_aside(&folder)?;
    std::fs::rename(&incoming, &folder.published)
        .and_then(|()| sync_folder(folder.root()))
        .map_err(failed("cannot replace the database at", &folder.published))?;
    // The next start must not take the new file for the one that the last run left, nor complete an interrupted start.
    remove(&folder.notice())?;
    remove(&folder.run_state())?;
    Ok(aside)
}

/// Undoes a swap: the archived database becomes the live one again, and the database that replaced it is deleted.
pub fn swap_back(published: &Path, aside: &PutAside) -> Result<()> {
    let folder = Folder::prepare(published)?;
    let _lock = Lock::take(&folder)?;
    let Some(database) = &aside.database else {
        let reason = io::Error::other("there was no database before");
        return Err(failed("cannot restore the previous database at", published)(reason));
    };
    // The deleted database is a copy of a file that still exists at its source.
    for gone in [folder.wal(), folder.wal_index(), folder.run_state(), folder.published.clone()] {
        remove(&gone)?;
    }
    let back = |from: &Path, to: &Path| std::fs::rename(from, to).map_err(failed("cannot move back", from));
    let log = with_ending(database, "-wal");
    if log.exists() {
        remove(&folder.database())?;
        back(&log, &folder.wal())?;
    }
    back(database, &folder.database())?;
    if let Some(stranger) = &aside.stranger {
        back(stranger, &folder.published)?;
        // The next start must not adopt it.
        let live = std::fs::metadata(folder.database()).map_err(failed("cannot inspect", &folder.database()))?;
        let found =
            std::fs::symlink_metadata(&folder.published).map_err(failed("cannot inspect", &folder.published))?;
        let (live, foreign) = (Some(FileId::of(&live)), Some(ExactStamp::of(&found)));
        RunState::open(&folder.run_state())?
            .0
            .replace(&Record { live, foreign, ..Record::of_this_boot() })
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
    let mut piece = vec![0; PIECE];
    let mut room_at = 0;
    let mut written = 0_u64;
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(failed("cannot read the database that is to be put at", &folder.published)(error));
            }
        };
        if written >= room_at {
            room_for_the_service(folder)?;
            room_at = written + ROOM_LEFT / 2;
        }
        file.write_all(&piece[..read]).map_err(failed("cannot write", incoming))?;
        written += read as u64;
    }
    file.sync_all().map_err(failed("cannot fsync", incoming))
}

/// A daemon that runs meanwhile must still be able to write.
fn room_for_the_service(folder: &Folder) -> Result<()> {
    let space = sys::disk_space(folder.root()).map_err(failed("cannot determine the free space at", folder.root()))?;
    if space.total_bytes == 0 || space.free_bytes >= ROOM_LEFT {
        return Ok(());
    }
    Err(Error::NoRoom {
        purpose: "the database that is to be restored",
        path: folder.root().to_owned(),
        needed_mb: ROOM_LEFT >> 20,
        free_mb: space.free_bytes >> 20,
    })
}

/// Archives the current database. Until this returns, a start would use it.
fn put_aside(folder: &Folder) -> Result<PutAside> {
    let mut aside = PutAside::default();
    let found = std::fs::symlink_metadata(&folder.published).ok();
    if folder.database().exists() {
        let record = RunState::open(&folder.run_state())?.1.unwrap_or_default();
        let known = [record.published.map(|published| published.stamp), record.successor];
        let ours = found.as_ref().is_none_or(|found| known.contains(&Some(Stamp::of(found))));
        let name = archive::free_name(folder, "before-restore", "");
        archive::live_database(folder, Form::OneFile, &name)?;
        aside.database = Some(name);
        if !ours {
            let name = archive::free_name(folder, "before-restore", "-published");
            archive::published_file(folder, &name)?;
            aside.stranger = Some(name);
        }
    } else if found.is_some_and(|found| found.len() > 0) {
        let name = archive::free_name(folder, "before-restore", "");
        archive::published_file(folder, &name)?;
        aside.database = Some(name);
    }
    Ok(aside)
}

fn incoming(folder: &Folder) -> PathBuf {
    folder.root().join(".agentlocator.restore")
}

const MODE: u32 = 0o640;
const PIECE: usize = 1 << 20;
/// Disk space that a restore leaves free for the daemon.
const ROOM_LEFT: u64 = 32 << 20;
