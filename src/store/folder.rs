//! The paths of the store's files.

use super::{Error, Result};
use crate::config::folder_of;
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The files of one store: the published file, and `live/` and `snapshots/` beside it.
#[derive(Clone, Debug)]
pub(in crate::store) struct Folder {
    /// The published file: the copy of the database that users copy.
    pub published: PathBuf,
    /// Folder of the files that must not be copied.
    live: PathBuf,
    /// Folder of the copies from before migrations.
    pub snapshots: PathBuf,
}

impl Folder {
    /// The folder around the published file; creates what is missing. `live/` is accessible to this user only.
    pub(in crate::store) fn prepare(published: &Path) -> Result<Self> {
        let file_error = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { doing, path, source }
        };
        let parent = folder_of(published);
        std::fs::create_dir_all(parent).map_err(file_error("cannot create the folder", parent))?;
        let folder = Self::of(published)?;
        private_folder(&folder.live).map_err(file_error("cannot create the folder", &folder.live))?;
        for (name, text) in [("CACHEDIR.TAG", CACHE_TAG), ("README", README)] {
            let path = folder.live.join(name);
            // Optional: on a full disk the service starts without them.
            if !path.exists() && std::fs::write(&path, text).is_err() {
                let _ = std::fs::remove_file(&path);
            }
        }
        Ok(folder)
    }

    /// The folder around the published file, unchanged.
    pub(in crate::store) fn of(published: &Path) -> Result<Self> {
        let file_error = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { doing, path, source }
        };
        let parent = folder_of(published);
        let parent = parent.canonicalize().map_err(file_error("cannot find the folder", parent))?;
        let Some(name) = published.file_name() else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it names no file");
            return Err(Error::File { doing: "cannot use as a database", path: published.to_owned(), source });
        };
        let folder =
            Self { published: parent.join(name), live: parent.join("live"), snapshots: parent.join("snapshots") };
        if folder.published.is_dir() {
            let source = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(Error::File { doing: "cannot use as a database", path: folder.published, source });
        }
        Ok(folder)
    }

    /// The folder of the live database.
    pub(in crate::store) fn live(&self) -> &Path {
        &self.live
    }

    /// The disk space reserved for a start on a full disk.
    pub(in crate::store) fn reserve(&self) -> PathBuf {
        self.live.join("reserve")
    }

    /// The live database.
    pub(in crate::store) fn database(&self) -> PathBuf {
        self.live.join("db.sqlite")
    }

    /// The write-ahead log of the live database.
    pub(in crate::store) fn wal(&self) -> PathBuf {
        self.live.join("db.sqlite-wal")
    }

    /// The index of the write-ahead log.
    pub(in crate::store) fn wal_index(&self) -> PathBuf {
        self.live.join("db.sqlite-shm")
    }

    /// The lock file, locked by the process that has the store open.
    pub(in crate::store) fn lock(&self) -> PathBuf {
        self.live.join("lock")
    }

    /// The start notice for the owner, until the database is open.
    pub(in crate::store) fn notice(&self) -> PathBuf {
        self.live.join("notice")
    }

    /// The state that the last run left.
    pub(in crate::store) fn run_state(&self) -> PathBuf {
        self.live.join("state")
    }

    /// A spare copy of the published file, by number.
    pub(in crate::store) fn spare(&self, number: usize) -> PathBuf {
        self.live.join(format!("spare-{number}.db"))
    }

    /// A temporary name in `live/` for an unfinished file.
    pub(in crate::store) fn unfinished(&self, name: &str) -> PathBuf {
        self.live.join(format!("{name}.new"))
    }

    /// A name in `live/` under which an unknown file is kept.
    pub(in crate::store) fn kept(&self, name: &str) -> PathBuf {
        self.live.join(format!("kept-{name}.db"))
    }

    /// The folder that holds the published file.
    pub(in crate::store) fn root(&self) -> &Path {
        self.published.parent().unwrap_or(Path::new("/"))
    }
}

/// Backup programs that support this tag leave the folder out; see <https://bford.info/cachedir/>.
const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55
# Do not back up this folder: its files change while they are copied. Copy agentlocator.db beside it instead.
";
const README: &str = include_str!("live_readme.txt");

/// Creates a folder that only this user may enter, and its parents.
pub(in crate::store) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode == 0o700 { Ok(()) } else { std::fs::set_permissions(path, Permissions::from_mode(0o700)) }
}

/// Syncs a folder, so that created, renamed and removed names in it are on disk.
pub(in crate::store) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The path with `ending` appended to the file name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
