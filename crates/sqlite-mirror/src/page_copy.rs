//! Copies all pages of a database, in order, from one snapshot. This is the cheapest exact copy, and any [`Write`] can
//! receive it.

use crate::folder::Folder;
use crate::publish::clear_wal_mode;
use crate::{Error, Result, open, sys};
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes every page that `conn` sees to `out`, which then contains a database file that needs no write-ahead log.
/// Returns the number of bytes.
///
/// The copy contains everything that was committed before this function started. Writers are not blocked meanwhile.
pub fn write_pages(conn: &Connection, out: &mut impl Write) -> Result<u64> {
    conn.execute_batch("BEGIN")?;
    let written = pages(conn, out);
    // The transaction has only read, so a failed rollback has no effect.
    let _ = conn.execute_batch("ROLLBACK");
    written
}

fn pages(conn: &Connection, out: &mut impl Write) -> Result<u64> {
    let page_size = open::page_size(conn)?;
    let failed = |source| Error::File { doing: "cannot write", path: "the copy".into(), source };
    let mut bytes = 0;
    // One query for all pages, not one for each: SQLite then reads the file in order.
    let mut statement = conn.prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let page = row.get_ref(0)?;
        let page = page.as_blob().map_err(rusqlite::Error::from)?;
        if bytes == 0 {
            let mut first = page.to_vec();
            clear_wal_mode(&mut first);
            out.write_all(&first).map_err(failed)?;
        } else if page.len() == page_size {
            out.write_all(page).map_err(failed)?;
        } else {
            // SQLite never uses the page that holds its locks; `sqlite_dbpage` returns no content for it.
            out.write_all(&vec![0; page_size]).map_err(failed)?;
        }
        bytes += page_size as u64;
    }
    out.flush().map_err(failed)?;
    Ok(bytes)
}

/// Writes the whole database that belongs to a published file to `out`, whether or not a daemon has the database open.
/// Returns the number of bytes.
///
/// A running daemon continues to write meanwhile, but its write-ahead log cannot restart. If no daemon is running, the
/// copy includes what the last daemon left in the write-ahead log. If there is no live database, the published file
/// itself is copied.
pub fn copy_database(published: &Path, out: &mut impl Write) -> Result<u64> {
    let folder = Folder::of(published)?;
    if folder.database().exists() {
        return write_pages(&open::reader(&folder.database())?, out);
    }
    let failed = |doing| move |source| Error::File { doing, path: published.to_owned(), source };
    let mut file = BufReader::with_capacity(CHUNK, File::open(published).map_err(failed("there is no database at"))?);
    let (mut chunk, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        let read = file.read(&mut chunk).map_err(failed("cannot read"))?;
        if read == 0 {
            out.flush().map_err(failed("cannot write a copy of"))?;
            return Ok(bytes);
        }
        out.write_all(&chunk[..read]).map_err(failed("cannot write a copy of"))?;
        bytes += read as u64;
    }
}

/// Copies the whole database that belongs to a published file into an unnamed file on the data disk. Returns that file,
/// positioned at its start, or `None` if there is no live database or the file cannot be created or written, for
/// example because the disk has no space for it.
///
/// While a copy is written, its read transaction prevents the write-ahead log from restarting. A copy for a slow or
/// hanging target is therefore created here first, at the speed of the data disk.
pub fn spool_database(published: &Path) -> Result<Option<File>> {
    let folder = Folder::of(published)?;
    if !folder.database().exists() {
        return Ok(None);
    }
    let conn = open::reader(&folder.database())?;
    let size = open::page_size(&conn)? as u64 * open::page_count(&conn)?;
    if sys::disk_space(folder.live()).is_ok_and(|space| space.free_bytes < size + MIN_FREE) {
        return Ok(None);
    }
    let nameless =
        OpenOptions::new().read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE).open(folder.live());
    let Ok(mut spool) = nameless else { return Ok(None) };
    let written = write_pages(&conn, &mut BufWriter::with_capacity(CHUNK, &spool));
    match written {
        Ok(_) if spool.rewind().is_ok() => Ok(Some(spool)),
        Ok(_) | Err(Error::File { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bytes that a temporary copy must leave free on the data disk.
const MIN_FREE: u64 = 64 << 20;
const CHUNK: usize = 1 << 20;
