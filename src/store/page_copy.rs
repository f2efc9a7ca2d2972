//! All pages of a database, in order, as one snapshot has them: the cheapest exact copy, and one that goes to any writer.

use super::publish::say_no_log_belongs_to_it;
use super::{Error, Result, folder::Folder, open, sys};
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes every page that `conn` sees to `out`; what comes out is a database file without a log. Returns its bytes.
///
/// Everything that had been committed before the call is in it. Writers go on meanwhile.
pub(in crate::store) fn write_pages(conn: &Connection, out: &mut impl Write) -> Result<u64> {
    conn.execute_batch("BEGIN")?;
    let written = pages(conn, out);
    // Nothing was written to the database; it cannot fail in a way that matters.
    let _ = conn.execute_batch("ROLLBACK");
    written
}

fn pages(conn: &Connection, out: &mut impl Write) -> Result<u64> {
    let page_size = open::page_size(conn)?;
    let failed = |source| Error::File { doing: "cannot write", path: "the copy".into(), source };
    let mut bytes = 0;
    // All at once, and not one by one: SQLite walks through the file.
    let mut statement = conn.prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let page = row.get_ref(0)?;
        let page = page.as_blob().map_err(|error| Error::Value(error.to_string()))?;
        if bytes == 0 {
            let mut first = page.to_vec();
            say_no_log_belongs_to_it(&mut first);
            out.write_all(&first).map_err(failed)?;
        } else if page.len() == page_size {
            out.write_all(page).map_err(failed)?;
        } else {
            // The one page that SQLite never uses, where its locks are, reads as nothing.
            out.write_all(&vec![0; page_size]).map_err(failed)?;
        }
        bytes += page_size as u64;
    }
    out.flush().map_err(failed)?;
    Ok(bytes)
}

/// Writes the whole database around this published file to `out`, whether a daemon has it open or not. Returns its bytes.
///
/// A process that only reads leaves a running daemon alone; where none runs, what the last one left in its log is in the
/// copy as well.
pub fn copy_database(published: &Path, out: &mut impl Write) -> Result<u64> {
    let folder = Folder::of(published)?;
    if folder.database().exists() {
        return write_pages(&open::reader(&folder.database())?, out);
    }
    // A file that was put here and that no daemon has taken over yet.
    let failed = |doing| move |source| Error::File { doing, path: published.to_owned(), source };
    let mut file = BufReader::with_capacity(PIECE, File::open(published).map_err(failed("there is no database at"))?);
    let (mut piece, mut bytes) = (vec![0; PIECE], 0);
    loop {
        let read = file.read(&mut piece).map_err(failed("cannot read"))?;
        if read == 0 {
            out.flush().map_err(failed("cannot write a copy of"))?;
            return Ok(bytes);
        }
        out.write_all(&piece[..read]).map_err(failed("cannot write a copy of"))?;
        bytes += read as u64;
    }
}

/// Copies the whole database around this published file into a file without a name on the disk of the data, and returns that
/// file, at its start. None where that disk has no room for it or cannot make such files.
///
/// While a copy is written its read transaction keeps the write-ahead log from being emptied. So a copy for a slow or hanging
/// target is made here first, at the speed of the disk of the data.
pub fn spool_database(published: &Path) -> Result<Option<File>> {
    let folder = Folder::of(published)?;
    if !folder.database().exists() {
        return Ok(None);
    }
    let conn = open::reader(&folder.database())?;
    let size = open::page_size(&conn)? as u64 * open::page_count(&conn)?;
    if sys::disk_space(folder.live()).is_ok_and(|space| space.free_bytes < size + ROOM_LEFT) {
        return Ok(None);
    }
    let nameless =
        OpenOptions::new().read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE).open(folder.live());
    let Ok(mut spool) = nameless else { return Ok(None) };
    let written = write_pages(&conn, &mut BufWriter::with_capacity(PIECE, &spool));
    match written {
        Ok(_) if spool.rewind().is_ok() => Ok(Some(spool)),
        Ok(_) | Err(Error::File { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A copy that is on its way elsewhere may not take the last room on the disk of the data.
const ROOM_LEFT: u64 = 64 << 20;
const PIECE: usize = 1 << 20;
