//! The paths of the database's files.

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
    /// Returns the paths around the published file, and creates missing folders. Only this user can access `live/`.
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

    /// Writes a note for users into `live/`, unless a file with that name exists. Errors are ignored, so that the
    /// program can start on a full disk.
    pub fn add_note(&self, name: &str, text: &str) {
        let path = self.live.join(name);
        if !path.exists() && std::fs::write(&path, text).is_err() {
            let _ = std::fs::remove_file(&path);
        }
    }

    /// Returns the paths around the published file, and creates nothing.
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

    /// Returns the path of the folder that contains the live database.
    pub fn live(&self) -> &Path {
        &self.live
    }

    /// Returns the path of the reserve file.
    pub fn reserve(&self) -> PathBuf {
        self.live.join("reserve")
    }

    /// Returns the path of the live database.
    pub fn database(&self) -> PathBuf {
        self.live.join("db.sqlite")
    }

    /// Returns the path of the live database's write-ahead log.
    pub fn wal(&self) -> PathBuf {
        self.live.join("db.sqlite-wal")
    }

    /// Returns the path of the write-ahead log's index.
    pub fn wal_index(&self) -> PathBuf {
        self.live.join("db.sqlite-shm")
    }

    /// Returns the path of the lock file. The process that has the database open holds the lock.
    pub fn lock(&self) -> PathBuf {
        self.live.join("lock")
    }

    /// Returns the path of the state file, which each run leaves for the next one.
    pub fn run_state(&self) -> PathBuf {
        self.live.join("state")
    }

    /// Returns the path of the spare copy with this number.
    pub fn spare(&self, number: usize) -> PathBuf {
        self.live.join(format!("spare-{number}.db"))
    }

    /// Returns the temporary path in `live/` of an unfinished file.
    pub fn unfinished(&self, name: &str) -> PathBuf {
        self.live.join(format!("{name}.new"))
    }

    /// Returns the temporary path in `live/` of the next published file.
    pub fn unfinished_copy(&self) -> PathBuf {
        self.unfinished(&self.published.file_name().unwrap_or_default().to_string_lossy())
    }

    /// Returns the path in `live/` under which a file of unknown origin is kept.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.live.join(format!("kept-{name}.db"))
    }

    /// Returns the path of the folder that contains the published file.
    pub fn root(&self) -> &Path {
        self.published.parent().unwrap_or(Path::new("/"))
    }
}

/// The start of the content of a cache directory tag; the name of the published file follows. Backup programs that
/// support the tag skip the folder; see <https://bford.info/cachedir/>.
const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55
# Do not back up this folder: its files change while they are copied. Copy ";

/// Returns the folder that contains a file; `.` for a path that is only a name.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder that only this user can access, and its missing parents. If the folder exists, its mode is changed
/// so that only this user can access it.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode == 0o700 { Ok(()) } else { std::fs::set_permissions(path, Permissions::from_mode(0o700)) }
}

/// Syncs a folder, so that created, renamed and deleted names in it are on disk.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Returns the path with `suffix` appended to the file name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
