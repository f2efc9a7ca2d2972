//! The list of threads, newest activity first.

use super::super::backlog::{DeliveryPeriod, UNDELIVERED_CONTACTS};
use super::super::page::{page, page_keys, rows_for};
use super::super::search::HitsOf;
use super::{select, thread};
use crate::domain::{ActorId, BusinessId, Cursor, InboxFilter, Thread, ThreadType};
use crate::store::{ReadTx, Result};
use rusqlite::named_params;

#[derive(Clone, Debug)]
pub struct ThreadFilter {
    pub business: BusinessId,
    pub kind: Option<ThreadType>,
    pub state: InboxFilter,
    /// The user or token whose drafts count.
    pub reader: ActorId,
    /// Search terms for names, numbers, messages, transcripts, and summaries of calls (not for summaries while the
    /// search index is incomplete).
    pub words: Option<String>,
    /// For [`InboxFilter::Undelivered`].
    pub due: DeliveryPeriod,
}

impl ReadTx<'_> {
    /// With the position of the next page if one exists.
    pub fn threads(
        &self,
        filter: &ThreadFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Thread>, Option<Cursor>)> {
        let search = self.list_search(filter.words.as_deref(), HitsOf::Threads)?;
        // Few threads are waiting, so the index of waiting threads is faster than the index of the list order.
        let is_few = matches!(filter.state, InboxFilter::Waiting | InboxFilter::Agent | InboxFilter::Undelivered)
            || search.is_few;
        let keys = page_keys(include_str!("keys.sql"), is_few, &search.condition("t.id"), after.is_some());
        let keys = keys
            .replace("{state}", condition(filter.state))
            .replace("{listed}", LISTED)
            .replace("{undelivered}", UNDELIVERED_CONTACTS);
        let sql =
            format!("{select} WHERE t.id IN ({keys}) ORDER BY t.last_message_at DESC, t.id DESC", select = select());
        let mut query = self.conn.prepare_cached(&sql)?;
        let (reader, limit_rows) = (filter.reader.to_string(), rows_for(limit));
        let (after_at, after_id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let mut params = named_params! {
            ":business": filter.business,
            ":reader": reader,
            ":kind": filter.kind,
            ":found": search.found,
            ":words": search.words,
            ":digits": search.digits,
            ":after_at": after_at,
            ":after_id": after_id,
            ":limit": limit_rows,
        }
        .to_vec();
        if filter.state == InboxFilter::Undelivered {
            params.extend_from_slice(named_params! {":due_from": filter.due.from, ":due_to": filter.due.to});
        }
        let rows = query.query_map(params.as_slice(), thread)?;
        let threads = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let position = |last: &Thread| Cursor { at: last.last_message_at.unwrap_or(last.created_at), id: last.id.0 };
        Ok(page(threads, limit, position))
    }
}

/// True for a thread `t` in which there is something: a call, a message (which sets the provider), a draft of the reader,
/// a scheduled message that was not sent, also in a merged thread, or a turn of the business.
pub(in crate::store) const LISTED: &str = "(t.type <> 'whatsapp' OR t.provider IS NOT NULL
    OR t.waiting_since IS NOT NULL OR t.agent_since IS NOT NULL
    OR EXISTS (SELECT 1 FROM drafts WHERE thread_id = t.id AND actor = :reader)
    OR EXISTS (SELECT 1 FROM scheduled_messages WHERE state IN ('waiting', 'failed')
        AND thread_id IN (SELECT t.id UNION ALL SELECT id FROM threads WHERE merged_into = t.id)))";

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
        InboxFilter::Undelivered => "t.type = 'whatsapp' AND t.contact_id IN ({undelivered})",
    }
}
