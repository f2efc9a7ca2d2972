//! The list of threads, newest activity first.

use super::super::{ReadTx, Result};
use super::{COLUMNS, thread};
use crate::domain::{BusinessId, Cursor, Thread, ThreadType};
use rusqlite::named_params;

/// Selects threads.
#[derive(Clone, Debug)]
pub struct ThreadFilter {
    /// The business.
    pub business: BusinessId,
    /// The kind; none selects both kinds.
    pub kind: Option<ThreadType>,
    /// A part of the title, the number or a message; none selects all threads.
    pub words: Option<String>,
}

impl ReadTx<'_> {
    /// A page of threads, and the position of the next page if there is one.
    pub fn threads(
        &self,
        filter: &ThreadFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Thread>, Option<Cursor>)> {
        let sql = include_str!("list.sql").replace("{columns}", COLUMNS);
        let mut query = self.conn.prepare_cached(&sql)?;
        let words = filter.words.as_deref().map(str::trim).filter(|words| !words.is_empty());
        let rows = query.query_map(
            named_params! {
                ":business": filter.business,
                ":kind": filter.kind,
                ":words": words.map(like),
                ":digits": words.and_then(digits).map(|digits| like(&digits)),
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX),
            },
            thread,
        )?;
        let mut threads = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let more = threads.len() > limit;
        threads.truncate(limit);
        let last = threads.last().filter(|_| more);
        let next =
            last.map(|thread| Cursor { at: thread.last_message_at.unwrap_or(thread.created_at), id: thread.id.0 });
        Ok((threads, next))
    }
}

/// A LIKE pattern that matches `words` anywhere, with special characters escaped.
pub(in crate::store) fn like(words: &str) -> String {
    let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The digits to search for in numbers: `050-123` finds `+97250123…`.
pub(in crate::store) fn digits(words: &str) -> Option<String> {
    let plain = words.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'));
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (plain && digits.len() >= 2).then(|| digits.to_owned())
}
