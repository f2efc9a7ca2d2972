//! The waiting list.

use super::booking::date;
use super::page::{page, rows_for};
use super::{ReadTx, Result, WriteTx};
use crate::domain::{
    BusinessId, ChangeKind, ContactId, Cursor, ResourceId, ServiceId, Timestamp, WaitingEntry, WaitingId,
};
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

/// A new entry.
#[derive(Clone, Debug)]
pub struct NewWaitingEntry<'a> {
    /// The contact.
    pub contact: ContactId,
    /// The service.
    pub service: ServiceId,
    /// The resource; none: any.
    pub resource: Option<ResourceId>,
    /// The first day.
    pub from_date: Date,
    /// The last day.
    pub to_date: Date,
    /// The note.
    pub note: &'a str,
}

impl ReadTx<'_> {
    /// A page of the waiting list, the oldest entry first, and the position of the next page if there is one.
    pub fn waiting_list(
        &self,
        business: BusinessId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<WaitingEntry>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE w.business_id = ?1 AND (?2 IS NULL OR (w.created_at, w.id) > (?2, ?3))
             ORDER BY w.created_at, w.id LIMIT ?4"
        ))?;
        let (at, id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let rows = query.query_map(params![business, at, id, rows_for(limit)], entry)?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id.0 }))
    }

    /// An entry by its id.
    pub fn waiting_entry(&self, id: WaitingId) -> Result<Option<WaitingEntry>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE w.id = ?1"))?;
        Ok(query.query_row([id], entry).optional()?)
    }
}

impl WriteTx<'_> {
    /// Adds an entry.
    pub fn insert_waiting_entry(
        &self,
        business: BusinessId,
        new: &NewWaitingEntry<'_>,
        actor: &str,
        now: Timestamp,
    ) -> Result<WaitingId> {
        let NewWaitingEntry { contact, service, resource, from_date, to_date, note } = new;
        let (from, to) = (from_date.to_string(), to_date.to_string());
        self.conn
            .prepare_cached(
                "INSERT INTO waiting_list(business_id, contact_id, service_id, resource_id, from_date, to_date, note,
                     created_by, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![business, contact, service, resource, from, to, note, actor, now])?;
        let id = WaitingId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))?;
        Ok(id)
    }

    /// Removes an entry.
    pub fn delete_waiting_entry(&self, id: WaitingId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM waiting_list WHERE id = ?1")?.execute([id])?;
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))
    }
}

const SELECT: &str = "\
    SELECT w.*, c.display_name AS contact_name, s.name AS service_name
    FROM waiting_list w JOIN contacts c ON c.id = w.contact_id JOIN services s ON s.id = w.service_id";

fn entry(row: &Row<'_>) -> rusqlite::Result<WaitingEntry> {
    Ok(WaitingEntry {
        id: row.get("id")?,
        contact_id: row.get("contact_id")?,
        contact_name: row.get("contact_name")?,
        service_id: row.get("service_id")?,
        service_name: row.get("service_name")?,
        resource_id: row.get("resource_id")?,
        from_date: date(row, "from_date")?,
        to_date: date(row, "to_date")?,
        note: row.get("note")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
    })
}
