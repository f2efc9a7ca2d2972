//! Secrets in files of their own, which neither a process list nor a copy of the settings reveals.

use std::fs;
use std::path::Path;

/// The content of the file, without the line break that editors put at the end. The error never contains any of it.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let size = fs::metadata(path).map_err(|error| format!("{name} cannot be read: {error}"))?.len();
    if size > MAX_SIZE {
        return Err(format!("{name} holds {size} bytes, which is too long for a secret"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    // Some editors put a byte order mark at the beginning.
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err(format!("{name} is empty")),
        secret => Ok(secret.to_owned()),
    }
}

/// A Google account is the longest, with about 2 KiB.
const MAX_SIZE: u64 = 64 * 1024;
