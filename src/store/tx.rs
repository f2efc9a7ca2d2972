//! The handles for database access: [`ReadTx`] reads one snapshot, and [`WriteTx`] can also change the database. The
//! other modules of the store add their queries as methods to these two types.

use super::read_limits::Limits;
use super::{Error, Result};
use crate::domain::{ChangeKind, ThreadId};
use rusqlite::Connection;
use rusqlite::ffi::{self, SQLITE_INTERRUPT};
use std::cell::Cell;
use std::ops::Deref;

pub struct ReadTx<'c> {
    pub(in crate::store) conn: &'c Connection,
    /// `None` for a transaction of the writer and for reads outside the pools.
    limits: Option<&'c Limits>,
}

/// Rolled back unless the function that receives it returns `Ok`.
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    /// The newest change recorded in this transaction.
    pub(in crate::store) recorded: Cell<Option<Recorded>>,
    /// Audit rows inserted through this handle.
    pub(in crate::store) audit_rows: Cell<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Recorded {
    pub seq: i64,
    pub kind: ChangeKind,
    pub thread: Option<ThreadId>,
    pub ref_id: Option<i64>,
}

impl<'c> ReadTx<'c> {
    pub(in crate::store) fn new(conn: &'c Connection) -> Self {
        Self { conn, limits: None }
    }

    pub(in crate::store) fn limited(conn: &'c Connection, limits: &'c Limits) -> Self {
        Self { conn, limits: Some(limits) }
    }

    /// Returns the error of an interrupted query if the caller dropped the read, its deadline has passed, or the store
    /// is closing. SQLite checks these conditions only during long queries, so a read with many short queries must call
    /// this function.
    pub fn check_wanted(&self) -> Result<()> {
        if self.limits.is_some_and(Limits::are_reached) {
            return Err(Error::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(SQLITE_INTERRUPT), None)));
        }
        Ok(())
    }
}

impl<'c> WriteTx<'c> {
    pub(in crate::store) fn new(conn: &'c Connection) -> Self {
        Self { read: ReadTx::new(conn), recorded: Cell::new(None), audit_rows: Cell::new(0) }
    }
}

impl WriteTx<'_> {
    /// The number of rows that this connection has changed so far. By comparing two values, a caller can detect whether
    /// a use case changed a row.
    pub fn changed_rows(&self) -> u64 {
        self.conn.total_changes()
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}
