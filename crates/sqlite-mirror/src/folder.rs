//! The paths of the files.

use crate::{Error, Result};
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The files of one database: the published file, and the folder `live/` beside it, which holds the live database and
/// everything else that must not be copied.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The published file: the copy of the database that users copy.
    pub published: PathBuf,
    /// Folder of the files that must not be copied.
    live: PathBuf,
}

impl Folder {
    /// The folder around the published file; creates what is missing. `live/` is accessible to this user only.
    pub fn prepare(published: &Path) -> Result<Self> {
        let file_error = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { doing, path, source }
        };
        let parent = folder_of(published);
        std::fs::create_dir_all(parent).map_err(file_error("cannot create the folder", parent))?;
        let folder = Self::of(published)?;
        private_folder(&folder.live).map_err(file_error("cannot create the folder", &folder.live))?;
        let name = folder.published.file_name().unwrap_or_default().to_string_lossy();
        folder.add_note("CACHEDIR.TAG", &format!("{CACHE_TAG}{name} beside it instead.\n"));
        Ok(folder)
    }

    /// Writes a text for people into `live/`, unless there is one of that name. It is optional: on a full disk the
    /// program starts without it.
    pub fn add_note(&self, name: &str, text: &str) {
        let path = self.live.join(name);
        if !path.exists() && std::fs::write(&path, text).is_err() {
            let _ = std::fs::remove_file(&path);
        }
    }

    /// The folder around the published file, unchanged.
    pub fn of(published: &Path) -> Result<Self> {
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
        let folder = Self { published: parent.join(name), live: parent.join("live") };
        if folder.published.is_dir() {
            let source = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(Error::File { doing: "cannot use as a database", path: folder.published, source });
        }
        Ok(folder)
    }

    /// The folder of the live database.
    pub fn live(&self) -> &Path {
        &self.live
    }

    /// The disk space reserved for a start on a full disk.
    pub fn reserve(&self) -> PathBuf {
        self.live.join("reserve")
    }

    /// The live database.
    pub fn database(&self) -> PathBuf {
        self.live.join("db.sqlite")
    }

    /// The write-ahead log of the live database.
    pub fn wal(&self) -> PathBuf {
        self.live.join("db.sqlite-wal")
    }

    /// The index of the write-ahead log.
    pub fn wal_index(&self) -> PathBuf {
        self.live.join("db.sqlite-shm")
    }

    /// The lock file, locked by the process that has the store open.
    pub fn lock(&self) -> PathBuf {
        self.live.join("lock")
    }

    /// The state that the last run left.
    pub fn run_state(&self) -> PathBuf {
        self.live.join("state")
    }

    /// A spare copy of the published file, by number.
    pub fn spare(&self, number: usize) -> PathBuf {
        self.live.join(format!("spare-{number}.db"))
    }

    /// A temporary name in `live/` for an unfinished file.
    pub fn unfinished(&self, name: &str) -> PathBuf {
        self.live.join(format!("{name}.new"))
    }

    /// A temporary name in `live/` for the next published file.
    pub fn unfinished_copy(&self) -> PathBuf {
        self.unfinished(&self.published.file_name().unwrap_or_default().to_string_lossy())
    }

    /// A name in `live/` under which an unknown file is kept.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.live.join(format!("kept-{name}.db"))
    }

    /// The folder that holds the published file.
    pub fn root(&self) -> &Path {
        self.published.parent().unwrap_or(Path::new("/"))
    }
}

/// Backup programs that support this tag leave the folder out; see <https://bford.info/cachedir/>.
const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55
# Do not back up this folder: its files change while they are copied. Copy ";

/// The folder that holds a file.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder that only this user may enter, and its parents.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode == 0o700 { Ok(()) } else { std::fs::set_permissions(path, Permissions::from_mode(0o700)) }
}

/// Syncs a folder, so that created, renamed and removed names in it are on disk.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The path with `ending` appended to the file name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
