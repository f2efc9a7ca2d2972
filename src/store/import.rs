//! Putting a copied file back by putting it in its place: where there is no live database yet, the published file that
//! is found becomes the live one.

use super::folder::{Folder, sync_folder, with_ending};
use super::run_state::{Record, RunState};
use super::stamp::Stamp;
use super::{Error, Result, copy, migrate, open};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Makes the live database from the published file if there is none. Returns what the state file says from then on, if it
/// did: that the published file is the copy of the live one.
pub(in crate::store) fn adopt_published(folder: &Folder, state: &RunState) -> Result<Option<Record>> {
    let live = folder.database();
    let Ok(found) = std::fs::metadata(&folder.published) else { return Ok(None) };
    if live.exists() || found.len() == 0 {
        return Ok(None);
    }
    refuse_a_log_beside(&folder.published)?;
    // Before anything is made: is it whole, ours, and not from a later version?
    copy::prove(&folder.published)?;
    migrate::plan(&open::lone_file(&folder.published)?)?;

    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    };
    for left_over in [folder.wal(), folder.wal_index()] {
        match std::fs::remove_file(&left_over) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("cannot remove what is left of another database,", &left_over)(error));
            }
            _ => {}
        }
    }
    let unfinished = folder.unfinished("db.sqlite");
    let record = Record { successor: Some(Stamp::of(&found)), ..Record::of_this_boot() };
    // Page for page, so that the published file goes on being the copy of it.
    std::fs::copy(&folder.published, &unfinished)
        .and_then(|_| File::open(&unfinished)?.sync_all())
        // Before the live database is there: whatever comes next, also a start that fails, knows whose that file is.
        .and_then(|()| state.write(&record))
        .and_then(|()| state.sync())
        .and_then(|()| std::fs::rename(&unfinished, &live))
        .and_then(|()| sync_folder(live.parent().unwrap_or(folder.root())))
        .map_err(failed("cannot take over the database", &folder.published))?;
    tracing::info!(event = "STORE_TAKEN_OVER", file = %folder.published.display(), "Took over the database that was put here");
    Ok(Some(record))
}

/// Fails if there is a log beside a database file that is to be taken for a whole: what is in it would be lost without a
/// word.
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
