//! Adoption: the published file that is found becomes the live database, because there is none, or because the owner has
//! put a backup there, or because it is the sound one of the two. The database that was live before is archived.

use super::archive::{self, Form, failed, remove};
use super::folder::{Folder, sync_folder, with_ending};
use super::notice::StartNotice;
use super::run_state::{Record, RunState};
use super::stamp::{FileId, Stamp};
use super::{Error, Result, proof};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What an adoption came to.
#[derive(Debug)]
pub(in crate::store) struct Adopted {
    /// What the state file says from then on: that the published file is the copy of the live one.
    pub record: Record,
    /// The database that was live before.
    pub archived: Option<PathBuf>,
}

/// Makes the live database from the published file, and archives the one that there is. Fails, with everything left as it
/// was, if the published file is damaged, belongs to another program, or comes from a newer version.
pub(in crate::store) fn published_file(
    folder: &Folder,
    state: &RunState,
    form: Form,
    notice: StartNotice,
) -> Result<Adopted> {
    let live = folder.database();
    proof::prove_copy(&folder.published)?;
    let found = std::fs::metadata(&folder.published).map_err(failed("cannot look at", &folder.published))?;
    let unfinished = folder.unfinished("db.sqlite");
    // Page for page, so that the published file goes on being the copy of it.
    let copied = std::fs::copy(&folder.published, &unfinished).and_then(|_| File::open(&unfinished)?.sync_all());
    if let Err(error) = copied {
        let _ = std::fs::remove_file(&unfinished);
        return Err(failed("cannot adopt the database", &folder.published)(error));
    }
    let archived = if live.exists() { Some(archive::live_database(folder, form)?) } else { None };
    for left_over in [folder.wal(), folder.wal_index()] {
        remove(&left_over)?;
    }
    StartNotice { archived: archived.clone(), ..notice }.leave(folder)?;
    let adopted = || {
        let id = FileId::of(&std::fs::metadata(&unfinished)?);
        let record = Record { live: Some(id), successor: Some(Stamp::of(&found)), ..Record::of_this_boot() };
        // Before the live database is there: whatever comes next, also a start that fails, knows whose that file is.
        state.write(&record)?;
        state.sync()?;
        std::fs::rename(&unfinished, &live)?;
        sync_folder(folder.live())?;
        Ok(record)
    };
    let record = adopted().map_err(failed("cannot adopt the database", &folder.published))?;
    tracing::info!(event = "STORE_TAKEN_OVER", file = %folder.published.display(), "Adopted the database that was found as the published file");
    Ok(Adopted { record, archived })
}

/// Fails if there is a log beside a database file that is to be taken for a whole: what is in it would be lost
/// silently.
pub fn refuse_a_log_beside(published: &Path) -> Result<()> {
    let Some(path) = log_beside(published) else { return Ok(()) };
    let reason = "it belongs to a database that was not closed, and part of its data may be in it alone. If that is the file \
                  beside it, open that once with `sqlite3 FILE 'PRAGMA journal_mode = DELETE'`; else remove this one";
    Err(Error::File { doing: "cannot take over a database with", path, source: io::Error::other(reason) })
}

/// A log of a database, by its name that of this file, if there is one with something in it.
pub fn log_beside(file: &Path) -> Option<PathBuf> {
    let logs = ["-wal", "-journal"].map(|ending| with_ending(file, ending));
    logs.into_iter().find(|log| std::fs::metadata(log).is_ok_and(|found| found.len() > 0))
}
