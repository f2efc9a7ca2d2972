//! Distinguishes a missing permission from a full disk: for both, SQLite can report that it cannot open the file.

use crate::Error;
use crate::folder::{folder_of, with_suffix};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The access that SQLite needs to a database file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reads only the file.
    Read,
    /// Reads the file and its write-ahead log.
    ReadWithLog,
    /// Reads and writes the file and its write-ahead log.
    Write,
}

/// Returns a more specific error if `error` was caused by a missing permission, else `error`.
///
/// Permissions are checked by path and not by opening the file: closing another descriptor of a database or of its
/// index would release the locks that SQLite holds on that file in this process.
pub fn explain(error: Error, database: &Path, purpose: Purpose) -> Error {
    match error {
        Error::NotWritable(_) => missing(database, purpose).unwrap_or(error),
        other => other,
    }
}

fn missing(database: &Path, purpose: Purpose) -> Option<Error> {
    let (folder, files) = match purpose {
        Purpose::Read | Purpose::ReadWithLog => (Access::EXEC_OK, Access::READ_OK),
        Purpose::Write => (Access::EXEC_OK | Access::WRITE_OK, Access::READ_OK | Access::WRITE_OK),
    };
    let log_files: &[&str] = if purpose == Purpose::Read { &[] } else { &["-wal", "-shm"] };
    let log_files = log_files.iter().map(|ending| (with_suffix(database, ending), files));
    let mut wanted =
        [(folder_of(database).to_owned(), folder), (database.to_owned(), files)].into_iter().chain(log_files);
    wanted.find(|(path, access)| is_denied(path, *access)).map(|(path, _)| denied(path))
}

fn is_denied(path: &Path, access: Access) -> bool {
    // A missing file or a read-only file system is not a permission problem.
    matches!(accessat(CWD, path, access, AtFlags::EACCESS), Err(Errno::ACCESS | Errno::PERM))
}

fn denied(path: PathBuf) -> Error {
    let found = std::fs::metadata(&path).ok();
    Error::Denied {
        user: service_user(),
        owner: found.as_ref().map_or_else(|| "another user".into(), |found| user_name(found.uid())),
        mode: found.map_or(0, |found| found.mode() & 0o7777),
        path,
    }
}

/// Returns the name of this process's user.
pub fn service_user() -> String {
    user_name(geteuid().as_raw())
}

/// Returns the name of a user, or the numeric id if the user has no name.
fn user_name(id: u32) -> String {
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| id.to_string())
}
