//! Archived files get a dated name beside the published file. None of them is ever removed.

use super::folder::{Folder, sync_folder, with_ending};
use super::{Error, Result, mishap, open, sys};
use crate::clock;
use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// In what form a live database is archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Form {
    /// As one file, with what is in its log; if that fails, as it is.
    OneFile,
    /// As it is, with its log beside it: for one that is known to be torn.
    AsItIs,
}

/// Gives the live database another name. Until then it is what a start opens.
pub(in crate::store) fn live_database(folder: &Folder, form: Form, name: &Path) -> Result<()> {
    let live = folder.database();
    let log = with_ending(name, "-wal");
    if std::fs::metadata(folder.wal()).is_ok_and(|log| log.len() > 0) {
        // As a second name, so that the database is never without its log, whatever SQLite thinks of a damaged one.
        second_name(&folder.wal(), &log).map_err(failed("cannot keep", &folder.wal()))?;
    }
    // It may be the damage for which it is replaced: then its log stays beside it.
    if form == Form::OneFile && make_one_file(&live).is_ok() {
        remove(&log)?;
    }
    // In `live/` only the service could read it, whatever its mode was.
    let mode = std::fs::symlink_metadata(&folder.published).map_or(MODE, |found| found.permissions().mode() & 0o777);
    for file in [&live, &log] {
        match std::fs::set_permissions(file, Permissions::from_mode(mode)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("cannot set the permissions of", file)(error));
            }
            _ => {}
        }
    }
    sys::rename(&live, name).map_err(failed("cannot archive", &live))?;
    remove(&folder.wal())?;
    remove(&folder.wal_index())?;
    sync_folder(folder.root())
        .and_then(|()| sync_folder(folder.live()))
        .map_err(failed("cannot put on disk", folder.live()))
}

/// Gives what has the published name another one.
pub(in crate::store) fn published_file(folder: &Folder, name: &Path) -> Result<()> {
    sys::rename(&folder.published, name)
        .and_then(|()| sync_folder(folder.root()))
        .map_err(failed("cannot archive", &folder.published))
}

/// Where a file cannot have two names it is copied.
fn second_name(of: &Path, name: &Path) -> io::Result<()> {
    mishap::may_happen()?;
    std::fs::hard_link(of, name)
        .or_else(|_| std::fs::copy(of, name).and_then(|_| OpenOptions::new().write(true).open(name)?.sync_all()))
}

/// Moves what is in the log into the database, after which it needs no log.
fn make_one_file(live: &Path) -> Result<()> {
    let conn = open::writer(live)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    conn.close().map_err(|(_, error)| error)?;
    if mode == "delete" { Ok(()) } else { Err(Error::Busy("its log cannot be put away".into())) }
}

/// `agentlocator-KIND-DATE.db` beside the published file, which no file has.
pub(in crate::store) fn free_name(folder: &Folder, kind: &str, ending: &str) -> PathBuf {
    let time: String = clock::now().to_string().chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
    let name = |more: &str| folder.root().join(format!("agentlocator-{kind}-{time}{ending}{more}.db"));
    let more = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
    more.map(|more| name(&more)).find(|path| !path.exists()).unwrap_or_else(|| name("-last"))
}

/// Removes a file, if there is one.
pub(in crate::store) fn remove(path: &Path) -> Result<()> {
    match mishap::may_happen().and_then(|()| std::fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("cannot remove", path)(error)),
        _ => Ok(()),
    }
}

/// Says what was being done to which file.
pub(in crate::store) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}

const MODE: u32 = 0o640;
