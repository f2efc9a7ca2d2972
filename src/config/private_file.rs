//! Writes and reads files that only the service's user may read, such as files with secrets.

use super::folder_of;
use crate::domain::SettingError;
use crate::secure_open;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Creates the file with mode 0600. After a power failure, it has either the old or the new content.
pub(crate) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(file))?;
    let fresh = file.with_extension("new");
    remove(&fresh)?;
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    out.write_all(content)?;
    out.sync_all()?;
    fs::rename(&fresh, file)?;
    File::open(folder_of(file))?.sync_all()
}

/// Reads a short file inside the data folder, at most its first 64 KiB. Follows no symbolic links, because root may
/// read a folder that belongs to another user.
pub(crate) fn read_inside(folder: &Path, inside: &Path) -> io::Result<String> {
    let mut text = String::new();
    secure_open::open_inside(folder, inside)?.take(MAX_SECRET_SIZE).read_to_string(&mut text)?;
    Ok(text)
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Reads a secret from a file that contains only the secret. Removes white space at both ends, such as the line break
/// that editors append. The error never contains a part of the secret.
pub(super) fn read_secret(path: &Path) -> Result<String, SettingError> {
    let file = || path.display().to_string();
    let not_read = |error: io::Error| SettingError::FileNotRead { file: file(), reason: error.to_string() };
    let bytes = fs::metadata(path).map_err(not_read)?.len();
    if bytes > MAX_SECRET_SIZE {
        return Err(SettingError::SecretTooLong { file: file(), bytes });
    }
    let text = fs::read_to_string(path).map_err(not_read)?;
    // Remove the byte order mark that some editors write at the beginning.
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err(SettingError::SecretEmpty { file: file() }),
        secret => Ok(secret.to_owned()),
    }
}

/// Maximum size of a secret, in bytes. The longest secret, the JSON of a Google account, has about 2 KiB.
const MAX_SECRET_SIZE: u64 = 64 * 1024;
