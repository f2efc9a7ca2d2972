//! Creates migrated databases for tests of the typed functions.

use super::{Result, WriteTx, migrate, open};
pub(crate) use rusqlite::Connection;
use tempfile::TempDir;

/// The database is deleted when the folder is dropped.
pub(crate) fn database() -> (TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open::writer(&folder.path().join("db.sqlite")).unwrap();
    migrate::apply(&mut conn).unwrap();
    (folder, conn)
}

/// The transaction is rolled back.
pub(crate) fn try_out<T>(conn: &Connection, work: impl FnOnce(&WriteTx<'_>) -> Result<T>) -> T {
    let tx = conn.unchecked_transaction().unwrap();
    work(&WriteTx::new(&tx)).unwrap()
}

/// The transaction is committed.
pub(crate) fn transact<T>(conn: &Connection, work: impl FnOnce(&WriteTx<'_>) -> Result<T>) -> T {
    let tx = conn.unchecked_transaction().unwrap();
    let value = work(&WriteTx::new(&tx)).unwrap();
    tx.commit().unwrap();
    value
}
