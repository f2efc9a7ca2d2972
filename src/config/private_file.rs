//! Files that only the service's user may read, replaced as a whole.

use super::folder_of;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes the content into a new file of mode 0600 and gives it the name: a power cut leaves the old or the new content.
pub(super) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(file))?;
    let fresh = file.with_extension("new");
    remove(&fresh)?;
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    out.write_all(content)?;
    out.sync_all()?;
    fs::rename(&fresh, file)?;
    File::open(folder_of(file))?.sync_all()
}

/// Deletes the file, if it exists.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
