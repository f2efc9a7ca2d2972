//! The waiting list: contacts who wait for a free appointment.

use super::booking::date;
use super::contact::main_number;
use super::page::{page, rows_for};
use crate::domain::{
    AppointmentId, BusinessId, ChangeKind, ContactId, Cursor, ResourceId, ServiceId, Timestamp, WaitingEntry, WaitingId,
};
use crate::store::{ReadTx, Result, WriteTx};
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWaitingEntry<'a> {
    pub contact: ContactId,
    pub service: ServiceId,
    /// `None` for any resource.
    pub resource: Option<ResourceId>,
    /// The first day on which an appointment is wanted.
    pub from_date: Date,
    /// The last day on which an appointment is wanted.
    pub to_date: Date,
    pub note: &'a str,
}

/// An appointment of a contact who waits for the same service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextAppointment {
    pub waiting: WaitingId,
    pub id: AppointmentId,
    pub starts_at: Timestamp,
    pub booked_at: Timestamp,
}

impl ReadTx<'_> {
    /// Oldest entry first, with the position of the next page if one exists. `None` for the contact includes all
    /// contacts.
    pub fn waiting_list(
        &self,
        business: BusinessId,
        contact: Option<ContactId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<WaitingEntry>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE w.business_id = ?1 AND (?2 IS NULL OR (w.created_at, w.id) > (?2, ?3))
                 AND (?5 IS NULL OR w.contact_id = ?5)
             ORDER BY w.created_at, w.id LIMIT ?4"
        ))?;
        let (at, id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let rows = query.query_map(params![business, at, id, rows_for(limit), contact], entry)?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id.0 }))
    }

    /// Only booked appointments that start at `now` or later, ordered by start.
    pub fn appointments_of_waiting(&self, business: BusinessId, now: Timestamp) -> Result<Vec<NextAppointment>> {
        let mut query = self.conn.prepare_cached(
            "SELECT w.id, a.id, a.starts_at, a.created_at FROM waiting_list w
             JOIN appointments a ON a.contact_id = w.contact_id AND a.service_id = w.service_id
             WHERE w.business_id = ?1 AND a.state = 'booked' AND a.starts_at >= ?2 ORDER BY a.starts_at, a.id",
        )?;
        let rows = query.query_map(params![business, now], |row| {
            let (waiting, id, starts_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(NextAppointment { waiting, id, starts_at, booked_at: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// An entry that equals the new one, except for the note.
    pub fn same_waiting_entry(&self, business: BusinessId, new: &NewWaitingEntry<'_>) -> Result<Option<WaitingEntry>> {
        let NewWaitingEntry { contact, service, resource, from_date, to_date, note: _ } = new;
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE w.business_id = ?1 AND w.contact_id = ?2 AND w.service_id = ?3 AND w.resource_id IS ?4
                 AND w.from_date = ?5 AND w.to_date = ?6 ORDER BY w.id LIMIT 1"
        ))?;
        let (from, to) = (from_date.to_string(), to_date.to_string());
        Ok(query.query_row(params![business, contact, service, resource, from, to], entry).optional()?)
    }

    pub fn waiting_entry(&self, id: WaitingId) -> Result<Option<WaitingEntry>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE w.id = ?1"))?;
        Ok(query.query_row([id], entry).optional()?)
    }
}

impl WriteTx<'_> {
    /// `since` is the time since which the contact has been waiting.
    pub fn insert_waiting_entry(
        &self,
        business: BusinessId,
        new: &NewWaitingEntry<'_>,
        actor: &str,
        since: Timestamp,
    ) -> Result<WaitingId> {
        let NewWaitingEntry { contact, service, resource, from_date, to_date, note } = new;
        let (from, to) = (from_date.to_string(), to_date.to_string());
        self.conn
            .prepare_cached(
                "INSERT INTO waiting_list(business_id, contact_id, service_id, resource_id, from_date, to_date, note,
                     created_by, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![business, contact, service, resource, from, to, note, actor, since])?;
        let id = WaitingId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))?;
        Ok(id)
    }

    /// The contact of the entry does not change.
    pub fn update_waiting_entry(&self, id: WaitingId, changed: &NewWaitingEntry<'_>) -> Result<()> {
        let NewWaitingEntry { contact: _, service, resource, from_date, to_date, note } = changed;
        let (from, to) = (from_date.to_string(), to_date.to_string());
        self.conn
            .prepare_cached(
                "UPDATE waiting_list SET service_id = ?2, resource_id = ?3, from_date = ?4, to_date = ?5, note = ?6
                 WHERE id = ?1",
            )?
            .execute(params![id, service, resource, from, to, note])?;
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))
    }

    pub fn set_waiting_note(&self, id: WaitingId, note: &str) -> Result<()> {
        self.conn.prepare_cached("UPDATE waiting_list SET note = ?2 WHERE id = ?1")?.execute(params![id, note])?;
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))
    }

    pub fn delete_waiting_entry(&self, id: WaitingId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM waiting_list WHERE id = ?1")?.execute([id])?;
        self.record_in(ChangeKind::WaitingListUpdated, None, Some(id.0))
    }
}

const SELECT: &str = concat!(
    "SELECT w.*, c.display_name AS contact_name, s.name AS service_name, r.name AS resource_name, ",
    main_number!("w.contact_id"),
    " AS contact_number
    FROM waiting_list w
    JOIN contacts c ON c.id = w.contact_id
    JOIN services s ON s.id = w.service_id
    LEFT JOIN resources r ON r.id = w.resource_id"
);

fn entry(row: &Row<'_>) -> rusqlite::Result<WaitingEntry> {
    Ok(WaitingEntry {
        id: row.get("id")?,
        contact_id: row.get("contact_id")?,
        contact_name: row.get("contact_name")?,
        contact_number: row.get("contact_number")?,
        service_id: row.get("service_id")?,
        service_name: row.get("service_name")?,
        resource_id: row.get("resource_id")?,
        resource_name: row.get("resource_name")?,
        from_date: date(row, "from_date")?,
        to_date: date(row, "to_date")?,
        note: row.get("note")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
    })
}
