//! The list of threads, newest activity first.

use super::super::search::json_list;
use super::super::{ReadTx, Result};
use super::{SELECT, thread};
use crate::domain::{BusinessId, Cursor, InboxFilter, Thread, ThreadType};
use rusqlite::named_params;

/// Selects threads.
#[derive(Clone, Debug)]
pub struct ThreadFilter {
    /// The business.
    pub business: BusinessId,
    /// The kind; none selects both kinds.
    pub kind: Option<ThreadType>,
    /// Which ones by their state.
    pub state: InboxFilter,
    /// What to find in names, numbers, messages and transcripts; none selects all threads.
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
        let sql = format!("{SELECT}{}", include_str!("list.sql").replace("{state}", condition(filter.state)));
        // `+` keeps SQLite from reading all threads in the order of the list.
        let is_few = matches!(filter.state, InboxFilter::Waiting | InboxFilter::Agent);
        let sql = if is_few { sql.replace("t.business_id = :business", "+t.business_id = :business") } else { sql };
        let mut query = self.conn.prepare_cached(&sql)?;
        let words = filter.words.as_deref().map(str::trim).filter(|words| !words.is_empty());
        let found = words.map(|words| self.indexed(words)).transpose()?.flatten();
        let found = found.map(|query| self.threads_with_hits(&query)).transpose()?;
        let words = words.filter(|_| found.is_none());
        let rows = query.query_map(
            named_params! {
                ":business": filter.business,
                ":kind": filter.kind,
                ":found": found.map(|ids| json_list(ids.into_iter().map(|id| id.0))),
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

fn condition(state: InboxFilter) -> &'static str {
    match state {
        InboxFilter::All => "t.archived_at IS NULL",
        InboxFilter::Waiting => {
            "t.archived_at IS NULL AND t.id IN (
                 SELECT id FROM threads WHERE business_id = :business AND waiting_since IS NOT NULL)"
        }
        InboxFilter::Agent => {
            "t.archived_at IS NULL AND t.waiting_since IS NULL AND t.id IN (
                 SELECT id FROM threads WHERE business_id = :business AND agent_since IS NOT NULL)"
        }
        InboxFilter::Archived => "t.archived_at IS NOT NULL",
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
