//! The list of calls, newest first.

use super::super::columns::Columns;
use super::super::page::page;
use super::super::search::{HitsOf, ListSearch};
use super::super::sql::json_list;
use super::{call, columns, end_reason};
use crate::domain::{
    BusinessId, CallFacts, CallId, CallItem, CallOutcome, ContactId, Cursor, EngineKind, ThreadId, Timestamp,
};
use crate::store::{ReadTx, Result};
use rusqlite::{Row, named_params};
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub struct CallFilter {
    pub business: BusinessId,
    pub thread: Option<ThreadId>,
    pub contact: Option<ContactId>,
    pub outcome: Option<CallOutcome>,
    /// Search terms for names, numbers, transcripts, summaries and messages. While the search index is incomplete, no
    /// call matches.
    pub words: Option<String>,
}

impl ReadTx<'_> {
    /// With the position of the next page if one exists.
    pub fn calls(
        &self,
        filter: &CallFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<CallItem>, Option<Cursor>)> {
        let keys = self.call_keys(filter, after, limit.saturating_add(1))?;
        let (keys, next) = page(keys, limit, |last| *last);
        let items = self.call_items(&json_list(keys.iter().map(|key| &key.id)))?;
        let mut items: HashMap<CallId, CallItem> = items.into_iter().map(|item| (item.call.id, item)).collect();
        Ok((keys.iter().filter_map(|key| items.remove(&CallId(key.id))).collect(), next))
    }

    /// The positions of the first calls that the filter selects. The list shows outcomes that Rust code determines; the
    /// same code filters here, so that no second definition in SQL can differ from it.
    fn call_keys(&self, filter: &CallFilter, after: Option<Cursor>, limit: usize) -> Result<Vec<Cursor>> {
        // Without the search index, no call is found.
        let mut search = self.list_search(filter.words.as_deref(), HitsOf::Calls)?;
        search.found = search.found.or(search.words.take().map(|_| json_list::<i64>(&[])));
        let sql = include_str!("keys.sql")
            .replace("{end_reason}", &end_reason("calls"))
            .replace("{conditions}", &conditions(filter, &search, after.is_some()));
        let mut query = self.conn.prepare_cached(&sql)?;
        let mut rows = query.query(named_params! {
            ":business": filter.business,
            ":thread": filter.thread,
            ":contact": filter.contact,
            ":found": search.found,
            ":after_at": after.map(|cursor| cursor.at),
            ":after_id": after.map(|cursor| cursor.id),
        })?;
        let mut keys = Vec::new();
        while keys.len() < limit
            && let Some(row) = rows.next()?
        {
            if filter.outcome.is_none_or(|outcome| outcome_of(row).is_ok_and(|found| found == outcome)) {
                keys.push(Cursor { at: row.get("started_at")?, id: row.get("id")? });
            }
        }
        Ok(keys)
    }

    pub fn call_item(&self, id: CallId) -> Result<Option<CallItem>> {
        Ok(self.call_items(&format!("[{id}]"))?.pop())
    }

    /// `ids` is a JSON list. The order is undefined.
    pub(in crate::store) fn call_items(&self, ids: &str) -> Result<Vec<CallItem>> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {columns},
                 coalesce((SELECT display_name FROM contacts WHERE contacts.id = calls.contact_id), '') AS contact_name,
                 EXISTS (SELECT 1 FROM recordings WHERE call_id = calls.id AND state = 'complete') AS has_audio,
                 EXISTS (SELECT 1 FROM appointments WHERE contact_id = calls.contact_id AND call_id = calls.id) AS has_booked,
                 coalesce(summary, message_text, (
                     SELECT text FROM call_turns WHERE call_id = calls.id AND speaker = 'caller' AND text <> ''
                     ORDER BY seq LIMIT 1)) AS about
             FROM calls WHERE id IN (SELECT value FROM json_each(?1))",
            columns = columns(),
        ))?;
        let rows = query.query_map([ids], |row| {
            let call = call(row)?;
            let row = Columns::of(row);
            let about: Option<String> = row.get("about")?;
            Ok(CallItem {
                outcome: CallFacts::from(&call).outcome_with(row.get("has_booked")?),
                contact_name: row.get("contact_name")?,
                summary_line: about.and_then(|about| first_line(&about)),
                has_audio: row.get("has_audio")?,
                call,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Each condition uses its parameters, even if the filter does not set them. Where another index is faster than the
/// list order, the `+` prevents SQLite from scanning all calls in list order.
fn conditions(filter: &CallFilter, search: &ListSearch, has_cursor: bool) -> String {
    let is_rare =
        !matches!(filter.outcome, Some(CallOutcome::Message | CallOutcome::Missed | CallOutcome::Answered) | None);
    let is_few = filter.thread.is_some() || filter.contact.is_some() || search.is_few || is_rare;
    let one_of = |is_used: bool, used: &'static str, unused: &'static str| if is_used { used } else { unused };
    [
        one_of(is_few, "+business_id = :business", "business_id = :business"),
        one_of(filter.thread.is_some(), "thread_id = :thread", ":thread IS NULL"),
        one_of(filter.contact.is_some(), "contact_id = :contact", ":contact IS NULL"),
        one_of(has_cursor, "(started_at, id) < (:after_at, :after_id)", "(:after_at, :after_id) IS (NULL, NULL)"),
        needed(filter.outcome),
        &search.condition("id"),
    ]
    .join(" AND ")
}

/// A condition on the stored columns that all calls with this outcome fulfil, to prevent a scan of all calls for one
/// page. The exact outcome depends on more columns (`outcome_of`).
fn needed(outcome: Option<CallOutcome>) -> &'static str {
    match outcome {
        Some(CallOutcome::Live) => "state <> 'ended'",
        Some(CallOutcome::Booked) => "id IN (SELECT call_id FROM appointments WHERE call_id IS NOT NULL)",
        Some(CallOutcome::Blocked) => "blocked = 1",
        Some(CallOutcome::Transferred) => "end_reason = 'transferred'",
        // The reasons from which `end_reason.sql` derives `robot` and `silent`.
        Some(CallOutcome::Robot | CallOutcome::Silent) => "end_reason IN ('agent_hung_up', 'not_connected')",
        Some(CallOutcome::Failed) => "end_reason IN ('dropped', 'shutdown', 'interrupted')",
        Some(CallOutcome::Message | CallOutcome::Missed | CallOutcome::Answered) | None => "true",
    }
}

fn outcome_of(row: &Row<'_>) -> rusqlite::Result<CallOutcome> {
    let answered: (Option<Timestamp>, Option<EngineKind>) = (row.get("answered_at")?, row.get("engine")?);
    let (state, end_reason) = (row.get("state")?, row.get("end_reason")?);
    let facts = CallFacts::new(state, end_reason, row.get("missed")?, answered, row.get("has_message")?);
    Ok(facts.outcome_with(row.get("has_booked")?))
}

/// The first line that contains text, shortened.
fn first_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut short: String = line.chars().take(MAX_LINE_CHARS).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    Some(short)
}

const MAX_LINE_CHARS: usize = 140;
