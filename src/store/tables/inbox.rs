//! The inbox, which has one row for each contact.

use super::backlog::{DeliveryPeriod, UNDELIVERED_CONTACTS};
use super::call::end_reason;
use super::columns::Columns;
use super::contact::main_number;
use super::page::{page, page_keys, rows_for};
use super::search::HitsOf;
use super::thread::{LISTED, last_call, last_message};
use crate::domain::{ActorId, BusinessId, ContactId, Cursor, InboxCounts, InboxFilter, InboxRow, Timestamp, TurnState};
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, Row, named_params};

#[derive(Clone, Debug)]
pub struct InboxQuery {
    pub business: BusinessId,
    pub state: InboxFilter,
    /// The user or token whose drafts count.
    pub reader: ActorId,
    /// Search terms for names, numbers, messages, transcripts, summaries of calls, and notes; only for names and
    /// numbers while the search index is incomplete. `None` for all contacts.
    pub words: Option<String>,
    /// For [`InboxFilter::Undelivered`].
    pub due: DeliveryPeriod,
}

impl ReadTx<'_> {
    /// Newest activity first, with the position of the next page if one exists.
    pub fn inbox(
        &self,
        query: &InboxQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<InboxRow>, Option<Cursor>)> {
        let search = self.list_search(query.words.as_deref(), HitsOf::Contacts)?;
        // Few contacts are waiting, so the index of waiting contacts is faster than the index of the list order.
        let is_few = matches!(query.state, InboxFilter::Waiting | InboxFilter::Agent | InboxFilter::Undelivered)
            || search.is_few;
        let keys = page_keys(KEYS, is_few, &search.condition("t.contact_id"), after.is_some());
        let keys = keys
            .replace("{state}", condition(query.state))
            .replace("{listed}", LISTED)
            .replace("{undelivered}", UNDELIVERED_CONTACTS);
        let sql =
            format!("{select} WHERE t.id IN ({keys}) ORDER BY t.last_message_at DESC, t.id DESC", select = select());
        let mut statement = self.conn.prepare_cached(&sql)?;
        let (reader, limit_rows) = (query.reader.to_string(), rows_for(limit));
        let (after_at, after_id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let mut params = named_params! {
            ":business": query.business,
            ":reader": reader,
            ":found": search.found,
            ":words": search.words,
            ":digits": search.digits,
            ":after_at": after_at,
            ":after_id": after_id,
            ":limit": limit_rows,
        }
        .to_vec();
        if query.state == InboxFilter::Undelivered {
            params.extend_from_slice(named_params! {":due_from": query.due.from, ":due_to": query.due.to});
        }
        let rows = statement.query_map(params.as_slice(), inbox_row)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(rows, limit, |last| Cursor { at: last.last_activity_at, id: last.newest_thread_id.0 }))
    }

    /// `None` if the contact has no thread.
    pub fn inbox_row(&self, contact: ContactId) -> Result<Option<InboxRow>> {
        let newest = "SELECT id FROM threads WHERE contact_id = :contact AND merged_into IS NULL
                      ORDER BY last_message_at DESC, id DESC LIMIT 1";
        let mut query = self.conn.prepare_cached(&format!("{} WHERE t.id = ({newest})", select()))?;
        Ok(query.query_row(named_params! {":contact": contact}, inbox_row).optional()?)
    }

    /// Archived contacts are left out.
    pub fn inbox_counts(&self, business: BusinessId) -> Result<InboxCounts> {
        let mut query = self.conn.prepare_cached(include_str!("inbox/counts.sql"))?;
        Ok(query.query_row([business], |row| {
            Ok(InboxCounts { waiting: row.get(0)?, agent: row.get(1)?, unread: row.get(2)? })
        })?)
    }
}

fn condition(state: InboxFilter) -> &'static str {
    match state {
        InboxFilter::All => "t.archived_at IS NULL",
        InboxFilter::Waiting => {
            "t.archived_at IS NULL AND t.contact_id IN (
                 SELECT contact_id FROM threads
                 WHERE business_id = :business AND waiting_since IS NOT NULL AND merged_into IS NULL)"
        }
        InboxFilter::Agent => {
            "t.archived_at IS NULL AND t.contact_id IN (
                 SELECT contact_id FROM threads
                 WHERE business_id = :business AND agent_since IS NOT NULL AND merged_into IS NULL
                 EXCEPT SELECT contact_id FROM threads
                 WHERE business_id = :business AND waiting_since IS NOT NULL AND merged_into IS NULL)"
        }
        InboxFilter::Archived => "t.archived_at IS NOT NULL",
        InboxFilter::Undelivered => "t.contact_id IN ({undelivered})",
    }
}

fn inbox_row(row: &Row<'_>) -> rusqlite::Result<InboxRow> {
    let row = Columns::of(row);
    // In the order of the columns.
    let (newest_thread_id, contact_id) = (row.get("id")?, row.get("contact_id")?);
    let last_activity_at: Option<Timestamp> = row.get("last_message_at")?;
    let created_at = row.get("created_at")?;
    let archived_at = row.get("archived_at")?;
    let (contact_name, number, unread_count) = (row.get("contact_name")?, row.get("number")?, row.get("unread")?);
    let whatsapp_thread_id = row.get("w_id")?;
    let turn = TurnState { waiting_since: row.get("w_waiting")?, agent_since: row.get("w_agent")? };
    let call_thread_id = row.get("p_id")?;
    let turn = turn.join(TurnState { waiting_since: row.get("p_waiting")?, agent_since: row.get("p_agent")? });
    Ok(InboxRow {
        contact_id,
        contact_name,
        number,
        turn: turn.turn(),
        waiting_since: turn.waiting_since,
        unread_count,
        last_activity_at: last_activity_at.unwrap_or(created_at),
        newest_thread_id,
        last_message: last_message(&row)?,
        last_call: last_call(&row)?,
        whatsapp_thread_id,
        call_thread_id,
        archived_at,
    })
}

fn select() -> String {
    include_str!("inbox/select.sql")
        .trim_end()
        .replace("{end_reason}", &end_reason("k"))
        .replace("{number}", main_number!("t.contact_id"))
}

const KEYS: &str = include_str!("inbox/keys.sql");
