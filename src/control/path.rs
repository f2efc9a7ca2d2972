//! Paths of Unix sockets, which Linux limits to 107 bytes. A longer path is shortened: its folder is replaced with the
//! path of an open file descriptor (`/proc/self/fd/…`).

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// A path that refers to the same socket as the given path and has at most `MAX_PATH_BYTES` bytes.
pub(super) struct ShortPath {
    path: PathBuf,
    /// The open folder to which the shortened path refers; it must stay open.
    _folder: Option<File>,
}

impl ShortPath {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(Self { path: path.to_owned(), _folder: None });
        };
        if path.as_os_str().len() <= MAX_PATH_BYTES {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let folder = File::open(folder)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _folder: Some(folder) })
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.path
    }
}

const MAX_PATH_BYTES: usize = 107;
