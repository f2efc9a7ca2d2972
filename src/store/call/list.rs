//! The list of calls, newest first.

use super::super::{ReadTx, Result};
use super::{COLUMNS, call};
use crate::domain::{BusinessId, Call, Cursor, ThreadId};
use rusqlite::named_params;

/// Selects calls.
#[derive(Clone, Debug)]
pub struct CallFilter {
    /// The business.
    pub business: BusinessId,
    /// The thread; none selects all threads.
    pub thread: Option<ThreadId>,
}

impl ReadTx<'_> {
    /// A page of calls, and the position of the next page if there is one.
    pub fn calls(
        &self,
        filter: &CallFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Call>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM calls
             WHERE business_id = :business AND (:thread IS NULL OR thread_id = :thread)
               AND (:after_at IS NULL OR (started_at, id) < (:after_at, :after_id))
             ORDER BY started_at DESC, id DESC LIMIT :limit",
        ))?;
        let rows = query.query_map(
            named_params! {
                ":business": filter.business,
                ":thread": filter.thread,
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX),
            },
            call,
        )?;
        let mut calls = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let more = calls.len() > limit;
        calls.truncate(limit);
        let next = calls.last().filter(|_| more).map(|call| Cursor { at: call.started_at, id: call.id.0 });
        Ok((calls, next))
    }
}
