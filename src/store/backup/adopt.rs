//! Adoption: the published file that a start has found becomes the live database, for example because the live database
//! is missing or damaged, or because the owner placed a backup under the published name. The previous live database is
//! archived.
//!
//! The next start completes an interrupted adoption: the notice with the name of the archive is on disk before any file
//! is renamed (see [`StartNotice::load`]).

use super::archive::{self, Form, failed, remove};
use super::verify;
use crate::store::file_stamp::{FileId, FileStamp};
use crate::store::folder::{Folder, sync_folder};
use crate::store::notice::StartNotice;
use crate::store::publish::{FileState, MissingPages};
use crate::store::run_state::{Record, RunState};
use crate::store::sys::{self, LeaseAnswer};
use crate::store::{Result, disk_reserve, fault_injection};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(in crate::store) struct Adopted {
    /// The new content of the state file.
    pub record: Record,
    /// The path of the previous live database, which this start or an interrupted one archived; `None` if there was
    /// none.
    pub archived: Option<PathBuf>,
    pub published: FileState,
}

/// Makes the published file the live database and archives the current one. Verifies the published file first.
pub(in crate::store) fn published_file(
    folder: &Folder,
    state: &RunState,
    form: Form,
    notice: StartNotice,
) -> Result<Adopted> {
    verify::log_long_read(&folder.published);
    verify::verify_copy(&folder.published)?;
    verified_file(folder, state, form, notice)
}

/// Like [`published_file`], for a file that has already been verified.
pub(in crate::store) fn verified_file(
    folder: &Folder,
    state: &RunState,
    form: Form,
    notice: StartNotice,
) -> Result<Adopted> {
    let next = NextLive::prepare(folder)?;
    let adopted = replace_live(folder, state, form, notice, &next);
    if adopted.is_err() {
        let _ = std::fs::remove_file(folder.unfinished(LIVE));
    }
    adopted
}

fn replace_live(
    folder: &Folder,
    state: &RunState,
    form: Form,
    notice: StartNotice,
    next: &NextLive,
) -> Result<Adopted> {
    let archived = folder.database().exists().then(|| archive::free_name(folder, archive::Kind::BeforeRestore, ""));
    let notice = StartNotice { archived: archived.clone().or(notice.archived), ..notice };
    notice.save(folder)?;
    if let Some(name) = &archived {
        archive::live_database(folder, form, name)?;
    }
    for left_over in [folder.wal(), folder.wal_index()] {
        remove(&left_over)?;
    }
    let record = next.install(folder, state).map_err(failed("cannot adopt the database", &folder.published))?;
    let file = folder.published.display();
    let published = match next {
        NextLive::Copy(_) => {
            tracing::info!(event = "STORE_ADOPTED", file = %file, "The database found at {file} is used from now on");
            FileState::Ours(MissingPages::Any)
        }
        NextLive::Published => {
            tracing::warn!(
                event = "STORE_ADOPTED",
                file = %file,
                "The disk has no space for a second copy: {file} itself was moved into live/ and is the database now. A new {file} \
                 is created when there is space"
            );
            FileState::Missing
        }
    };
    Ok(Adopted { record, archived: notice.archived, published })
}

enum NextLive {
    /// An exact copy of the published file, which remains the published copy.
    Copy(PathBuf),
    /// The published file itself, because the disk has no space for a second copy.
    Published,
}

impl NextLive {
    fn prepare(folder: &Folder) -> Result<Self> {
        let unfinished = folder.unfinished(LIVE);
        // Files that an interrupted start left may occupy the space.
        for left_over in [&unfinished, &folder.unfinished_copy()] {
            remove(left_over)?;
        }
        let size = std::fs::metadata(&folder.published).map_err(failed("cannot inspect", &folder.published))?.len();
        let refused = match disk_reserve::check_space(folder, size, "a second copy of the database") {
            Ok(()) => {
                let copied = fault_injection::inject().and_then(|()| copy_writable(&folder.published, &unfinished));
                let Err(error) = copied else { return Ok(Self::Copy(unfinished)) };
                let _ = std::fs::remove_file(&unfinished);
                let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
                let error = failed("cannot adopt the database", &folder.published)(error);
                if !is_full {
                    return Err(error);
                }
                error
            }
            Err(refused) => refused.into(),
        };
        let is_free = is_exclusive(&folder.published).map_err(failed("cannot adopt", &folder.published))?;
        if is_free { Ok(Self::Published) } else { Err(refused) }
    }

    fn install(&self, folder: &Folder, state: &RunState) -> io::Result<Record> {
        let (file, successor) = match self {
            // The published file is then the copy of the next live database.
            Self::Copy(unfinished) => (unfinished, Some(FileStamp::of(&std::fs::metadata(&folder.published)?))),
            Self::Published => (&folder.published, None),
        };
        let live = Some(FileId::of(&std::fs::metadata(file)?));
        let record = Record { live, successor, ..Record::of_boot(state.boot()) };
        // Written before the live database exists: every later start, even after a failure here, then finds to which
        // run the published file belongs.
        state.replace(&record)?;
        state.sync()?;
        sys::rename(file, &folder.database())?;
        sync_folder(folder.live())?;
        sync_folder(folder.root())?;
        Ok(record)
    }
}

/// The copy is writable by its owner even if the file is not, such as a backup with mode 0444.
fn copy_writable(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::copy(from, to)?;
    let copy = File::open(to)?;
    copy.set_permissions(sys::owner_writable(copy.metadata()?.mode()))?;
    copy.sync_all()
}

/// Returns true if renaming the file cannot affect other programs: it has only one name, and no other program is known
/// to have it open. False also if the service's user cannot write to it.
fn is_exclusive(file: &Path) -> io::Result<bool> {
    let found = std::fs::symlink_metadata(file)?;
    if !found.is_file() || found.nlink() > 1 {
        return Ok(false);
    }
    sys::ignore_lease_signal();
    let file = match OpenOptions::new().read(true).write(true).open(file) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(false),
        opened => opened?,
    };
    let answer = sys::take_lease(&file);
    sys::release_lease(&file);
    file.sync_all()?;
    Ok(answer != LeaseAnswer::Busy)
}

const LIVE: &str = "db.sqlite";

#[cfg(test)]
mod tests;
