//! Reads by a process other than the daemon, while the daemon may be running.

use super::{ReadTx, Result, open};
use crate::config::folder_of;
use std::path::Path;

/// Reads the published file, which any process can open at any time; the live database if publishing is off or that
/// file does not exist. Returns `otherwise` if there is no file to read.
pub(super) fn peek<T>(
    published: &Path,
    publish: bool,
    otherwise: T,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T>,
) -> Result<T> {
    let live = folder_of(published).join("live").join("db.sqlite");
    let conn = if publish && published.exists() {
        open::lone_file(published)?
    } else if live.exists() {
        open::reader(&live)?
    } else {
        return Ok(otherwise);
    };
    work(&ReadTx::new(&conn))
}
