//! Complete copies of the database, and checks whether a database file is damaged.

use crate::clock;
use crate::config::folder_of;
use crate::domain::{Cause, Causes};
use crate::store::folder::{Folder, private_folder, sync_folder};
use crate::store::{Error, Result, open, page_copy, partial_index, sys};
use rusqlite::{Connection, ErrorCode};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Copies the current snapshot of `conn` into a new file. An existing file with that name is replaced only after the
/// new file has been verified.
pub(in crate::store) fn copy_to(conn: &Connection, target: &Path) -> Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = target.with_file_name(format!(".{name}.new"));
    let outcome = write_and_verify(conn, &unfinished).and_then(|()| {
        std::fs::rename(&unfinished, target)
            .and_then(|()| sync_folder(folder_of(target)))
            .map_err(|source| Error::File { doing: "cannot finish the copy", path: target.to_owned(), source })
    });
    if outcome.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    outcome
}

/// Writes the whole database that belongs to a published file to `out`, whether or not a daemon has the database open.
/// Returns the number of bytes.
pub fn copy_database(published: &Path, out: &mut impl Write) -> Result<u64> {
    Ok(page_copy::copy_database(published, out)?)
}

/// Copies the database into an unnamed file on the data disk. `None` if there is no live database, or if the file
/// cannot be created or written.
pub fn spool_database(published: &Path) -> Result<Option<File>> {
    Ok(page_copy::spool_database(published)?)
}

/// Copies a database that is about to be migrated into `snapshots/`, and deletes all but the newest `keep` of these
/// copies. The new copy is always kept.
pub(in crate::store) fn before_migration(
    conn: &Connection,
    folder: &Folder,
    current: &str,
    keep: usize,
) -> Result<PathBuf> {
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    };
    let snapshots = &folder.snapshots;
    private_folder(snapshots).map_err(failed("cannot create the folder", snapshots))?;
    let size = open::page_size(conn)? as u64 * open::page_count(conn)?;
    // The migration itself may write as much as the copy.
    let needed = size.saturating_mul(2).saturating_add(MARGIN);
    let free = sys::disk_space(snapshots).map_err(failed("cannot determine the free space at", snapshots))?.free_bytes;
    if free < needed {
        return Err(Error::InsufficientSpace {
            purpose: "a copy of the database from before the upgrade",
            path: snapshots.clone(),
            needed_mb: needed.div_ceil(1 << 20),
            free_mb: free >> 20,
        });
    }
    let time: String = clock::now().to_string().chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
    let version = current.split("__").next().unwrap_or(current);
    let target = snapshots.join(format!("{PREFIX}{version}-{time}.db"));
    copy_to(conn, &target)?;
    drop_others(snapshots, &target, keep.max(1) - 1).map_err(failed("cannot drop old copies in", snapshots))?;
    Ok(target)
}

/// Fails if the database is damaged.
pub(in crate::store) fn verify_file(file: &Path) -> Result<()> {
    let conn = open::lone_file(file)?;
    match findings(&conn)? {
        None => Ok(()),
        Some(findings) => Err(Error::Damaged { path: file.to_owned(), findings }),
    }
}

/// What the first failing check found; `None` if the database is undamaged. Damage that makes a check itself fail is
/// also returned as a finding.
pub(in crate::store) fn findings(conn: &Connection) -> Result<Option<Causes>> {
    match run_checks(conn) {
        Err(Error::Sql(error)) if is_damage(&error) => Ok(Some(Cause::other(error.to_string()).into())),
        outcome => outcome,
    }
}

/// Returns true if SQLite reports that a file is damaged or not a database.
pub(in crate::store) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn run_checks(conn: &Connection) -> Result<Option<Causes>> {
    let structure: Vec<String> = conn
        .prepare("PRAGMA integrity_check(10)")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if structure != ["ok"] {
        return Ok(Some(Cause::other(structure.join("; ")).into()));
    }
    let orphan = conn
        .prepare("PRAGMA foreign_key_check")?
        .query_map([], |row| {
            let id: Option<i64> = row.get(1)?;
            let row_id = id.map_or_else(|| "?".to_owned(), |id| id.to_string());
            Ok(Cause::RowOrphaned { row: row_id, table: row.get(0)?, parent: row.get(2)? })
        })?
        .next()
        .transpose()?;
    let first = match orphan {
        Some(orphan) => Some(orphan),
        None => partial_index::findings(conn)?.into_iter().next(),
    };
    Ok(first.map(Causes::from))
}

fn write_and_verify(conn: &Connection, file: &Path) -> Result<()> {
    let failed = |doing| move |source| Error::File { doing, path: file.to_owned(), source };
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed("cannot replace the unfinished copy")(error));
        }
        _ => {}
    }
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(failed("cannot create the copy"))?;
    page_copy::write_pages(conn, &mut BufWriter::with_capacity(1 << 20, &mut out))?;
    out.sync_all().map_err(failed("cannot fsync the copy"))?;
    verify_file(file)
}

/// Deletes all copies but `target` and the newest `keep` of the others. If the clock was set back, `target` is not the
/// newest copy by its date.
fn drop_others(snapshots: &Path, target: &Path, keep: usize) -> std::io::Result<()> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(snapshots)? {
        let entry = entry?;
        if entry.path() != target && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    found.sort();
    for (_, path) in found.iter().rev().skip(keep) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

const PREFIX: &str = "pre-migration-";

/// Bytes that must remain free beside the copy.
const MARGIN: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_page_of_nonsense_is_a_finding_wherever_it_is() {
        let (folder, conn) = crate::store::testing::database();
        let filler = "INSERT INTO meta(key, value) SELECT hex(randomblob(8)), hex(randomblob(300)) FROM
            (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n)";
        conn.execute_batch(filler).unwrap();
        conn.execute_batch("PRAGMA journal_mode = DELETE").unwrap();
        conn.close().unwrap();
        let path = folder.path().join("db.sqlite");
        let sound = std::fs::read(&path).unwrap();
        let mut nonsense = vec![0; 8 * 4096];
        nonsense.iter_mut().zip(0_u32..).for_each(|(byte, at)| *byte = (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        for first in (1..sound.len() / 4096 - 8).step_by(4) {
            let mut damaged = sound.clone();
            damaged[first * 4096..][..nonsense.len()].copy_from_slice(&nonsense);
            std::fs::write(&path, damaged).unwrap();
            let found = open::lone_file(&path).map_err(Error::from).and_then(|conn| findings(&conn));
            assert!(!matches!(found, Ok(None)), "pages from {first} on");
            // SQLite reads the first pages before it can run any check.
            assert!(matches!(found, Ok(Some(_)) | Err(Error::Sql(_))), "pages from {first} on: {found:?}");
        }
    }

    #[test]
    fn the_copy_that_was_just_made_stays_whatever_the_clock_says() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, age_s: u64| {
            let path = folder.path().join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000 - age_s)).unwrap();
            path
        };
        let others =
            [make("pre-migration-V1-a.db", 30), make("pre-migration-V1-b.db", 20), make("pre-migration-V2-c.db", 10)];
        let foreign = make("mine.db", 99);
        let target = make("pre-migration-V3-d.db", 1_000_000);
        drop_others(folder.path(), &target, 2).unwrap();
        assert_eq!(
            [&others[0], &others[1], &others[2], &foreign, &target].map(|path| path.exists()),
            [false, true, true, true, true]
        );
    }
}
