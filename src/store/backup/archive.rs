//! Archives database files. An archived file gets a dated name beside the published file, and the service does not
//! delete it.

use crate::clock;
use crate::store::folder::{Folder, sync_folder, with_suffix};
use crate::store::{Error, Result, fault_injection, open, sys};
use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Form {
    /// One file that includes the content of its write-ahead log (WAL). If that fails, the database and its WAL are
    /// archived as two files.
    OneFile,
    /// The database with its WAL beside it, both unchanged; for a damaged database.
    AsItIs,
}

/// Until the database is renamed, a start still opens it.
pub(in crate::store) fn live_database(folder: &Folder, form: Form, name: &Path) -> Result<()> {
    let live = folder.database();
    let log = with_suffix(name, "-wal");
    if std::fs::metadata(folder.wal()).is_ok_and(|log| log.len() > 0) {
        // The WAL gets a second name first, so that the archive keeps it even if SQLite deletes it.
        link_or_copy(&folder.wal(), &log).map_err(failed("cannot keep", &folder.wal()))?;
    }
    // The checkpoint fails if the database is too damaged. The WAL then stays beside the archived database.
    if form == Form::OneFile && make_one_file(&live).is_ok() {
        remove(&log)?;
    }
    // In `live/` only the service could read the file. In its new folder it gets the mode of the published file.
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
    sync_folder(folder.root()).and_then(|()| sync_folder(folder.live())).map_err(failed("cannot fsync", folder.live()))
}

pub(in crate::store) fn published_file(folder: &Folder, name: &Path) -> Result<()> {
    sys::rename(&folder.published, name)
        .and_then(|()| sync_folder(folder.root()))
        .map_err(failed("cannot archive", &folder.published))
}

/// Copies the file if the hard link fails, for example because the file system does not support hard links.
fn link_or_copy(of: &Path, name: &Path) -> io::Result<()> {
    fault_injection::inject()?;
    std::fs::hard_link(of, name)
        .or_else(|_| std::fs::copy(of, name).and_then(|_| OpenOptions::new().write(true).open(name)?.sync_all()))
}

/// Afterwards the database needs no WAL.
fn make_one_file(live: &Path) -> Result<()> {
    let conn = open::writer(live)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    conn.close().map_err(|(_, error)| error)?;
    if mode == "delete" { Ok(()) } else { Err(Error::Busy("its log cannot be checkpointed".into())) }
}

/// Why a file was archived, as its name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    BeforeRestore,
    BeforeChange,
    Found,
}

impl Kind {
    const ALL: [Self; 3] = [Self::BeforeRestore, Self::BeforeChange, Self::Found];

    fn prefix(self) -> &'static str {
        match self {
            Self::BeforeRestore => "agentlocator-before-restore-",
            Self::BeforeChange => "agentlocator-before-change-",
            Self::Found => "agentlocator-found-",
        }
    }
}

/// Returns the names of the archived files, WALs included, in the order of their names.
pub(in crate::store) fn list(folder: &Folder) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.root())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let database = Path::new(name.strip_suffix("-wal").unwrap_or(&name));
        if database.extension().is_some_and(|kind| kind == "db")
            && Kind::ALL.iter().any(|kind| name.starts_with(kind.prefix()))
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// An unused name `agentlocator-KIND-DATE.db` beside the published file. `suffix` follows the date.
pub(in crate::store) fn free_name(folder: &Folder, kind: Kind, suffix: &str) -> PathBuf {
    let time: String = clock::now().to_string().chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
    let name = |more: &str| folder.root().join(format!("{}{time}{suffix}{more}.db", kind.prefix()));
    let more = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
    more.map(|more| name(&more)).find(|path| !path.exists()).unwrap_or_else(|| name("-last"))
}

/// A missing file is no error.
pub(in crate::store) fn remove(path: &Path) -> Result<()> {
    match fault_injection::inject().and_then(|()| std::fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("cannot remove", path)(error)),
        _ => Ok(()),
    }
}

pub(in crate::store) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}

const MODE: u32 = 0o640;
