//! Appointments, and the times for which they occupy resources.

use super::columns::Columns;
use super::contact::main_number;
use super::page::{page, rows_for};
use super::sql::new_id;
use crate::domain::{
    Appointment, AppointmentId, AppointmentSource, AppointmentState, BusinessId, CallId, ChangeKind, ContactId, Cursor,
    ResourceId, ServiceId, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Copy, Debug)]
pub struct AppointmentFilter {
    pub business: BusinessId,
    /// Only appointments that end after this time.
    pub from: Option<Timestamp>,
    /// Only appointments that start before this time.
    pub to: Option<Timestamp>,
    pub contact: Option<ContactId>,
    pub resource: Option<ResourceId>,
    pub state: Option<AppointmentState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedTime {
    pub resource: ResourceId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Buffers included.
    pub blocked_from: Timestamp,
    /// Buffers included.
    pub blocked_to: Timestamp,
}

#[derive(Clone, Debug)]
pub struct AppointmentRow<'a> {
    pub business: BusinessId,
    pub contact: ContactId,
    pub service: ServiceId,
    pub time: BookedTime,
    pub time_zone: &'a str,
    pub source: AppointmentSource,
    /// Identifies the request, so that a repeated request books only once.
    pub source_key: Option<&'a str>,
    pub call: Option<CallId>,
    /// When a user first saw the appointment.
    pub seen_at: Option<Timestamp>,
    pub note: &'a str,
    /// The price in agorot.
    pub price_minor: Option<i64>,
    /// The user, token or agent that books the appointment.
    pub created_by: &'a str,
}

impl ReadTx<'_> {
    /// Ordered by start, with the position of the next page if one exists.
    pub fn appointments(
        &self,
        filter: &AppointmentFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Appointment>, Option<Cursor>)> {
        // A condition such as `:contact IS NULL OR …` would prevent SQLite from using the contact's index.
        let contact = if filter.contact.is_some() { "a.contact_id = :contact" } else { ":contact IS NULL" };
        let sql = format!(
            "{SELECT} WHERE a.business_id = :business AND {contact}
                 AND a.starts_at >= :since AND a.starts_at < :to AND a.ends_at > :from
                 AND (:resource IS NULL OR a.resource_id = :resource)
                 AND (:state IS NULL OR a.state = :state)
                 AND (:after_at IS NULL OR (a.starts_at, a.id) > (:after_at, :after_id))
             ORDER BY a.starts_at, a.id LIMIT :limit"
        );
        let from = filter.from.unwrap_or(Timestamp::from_millis(0));
        let since = after.map_or(from, |cursor| cursor.at.max(from)).minus(MAX_DURATION);
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":business": filter.business,
                ":from": from,
                ":since": since,
                ":to": filter.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
                ":contact": filter.contact,
                ":resource": filter.resource,
                ":state": filter.state,
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": rows_for(limit),
            },
            appointment,
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.starts_at, id: last.id.0 }))
    }

    pub fn appointment(&self, id: AppointmentId) -> Result<Option<Appointment>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE a.id = ?1"))?;
        Ok(query.query_row([id], appointment).optional()?)
    }

    /// `ids` is a JSON list. The order is undefined.
    pub(in crate::store) fn appointments_by_ids(&self, ids: &str) -> Result<Vec<Appointment>> {
        let sql = format!("{SELECT} WHERE a.id IN (SELECT value FROM json_each(?1))");
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([ids], appointment)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// `key` is the key that identified the request which booked the appointment.
    pub fn appointment_by_source_key(&self, business: BusinessId, key: &str) -> Result<Option<AppointmentId>> {
        let mut query =
            self.conn.prepare_cached("SELECT id FROM appointments WHERE business_id = ?1 AND source_key = ?2")?;
        Ok(query.query_row(params![business, key], |row| row.get(0)).optional()?)
    }

    pub fn booked_time(&self, id: AppointmentId) -> Result<Option<BookedTime>> {
        let mut query = self.conn.prepare_cached(
            "SELECT resource_id, starts_at, ends_at, blocked_from, blocked_to FROM appointments WHERE id = ?1",
        )?;
        let found = query.query_row([id], |row| {
            Ok(BookedTime {
                resource: row.get(0)?,
                starts_at: row.get(1)?,
                ends_at: row.get(2)?,
                blocked_from: row.get(3)?,
                blocked_to: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    /// The times that overlap the span from `from` to `to`. `except` is left out.
    pub fn occupied(
        &self,
        resource: ResourceId,
        from: Timestamp,
        to: Timestamp,
        except: Option<AppointmentId>,
    ) -> Result<Vec<(Timestamp, Timestamp)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT blocked_from, blocked_to FROM appointments
             WHERE resource_id = ?1 AND state IN ('booked', 'done') AND blocked_from > ?2 AND blocked_from < ?3
                 AND blocked_to > ?4 AND id IS NOT ?5",
        )?;
        let rows = query.query_map(params![resource, from.minus(MAX_DURATION), to, from, except], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    pub fn insert_appointment(&self, new: &AppointmentRow<'_>, now: Timestamp) -> Result<AppointmentId> {
        self.conn
            .prepare_cached(concat!(
                "INSERT INTO appointments(id, business_id, contact_id, service_id, resource_id, starts_at, ends_at,
                     blocked_from, blocked_to, time_zone, state, source, source_key, call_id, seen_at, note,
                     price_minor, created_by, created_at, updated_at)
                 VALUES (",
                new_id!("appointments"),
                ",
                     :business, :contact, :service, :resource, :starts, :ends, :blocked_from, :blocked_to, :zone,
                     'booked', :source, :source_key, :call, :seen, :note, :price, :actor, :now, :now)"
            ))?
            .execute(named_params! {
                ":business": new.business,
                ":contact": new.contact,
                ":service": new.service,
                ":resource": new.time.resource,
                ":starts": new.time.starts_at,
                ":ends": new.time.ends_at,
                ":blocked_from": new.time.blocked_from,
                ":blocked_to": new.time.blocked_to,
                ":zone": new.time_zone,
                ":source": new.source,
                ":source_key": new.source_key,
                ":call": new.call,
                ":seen": new.seen_at,
                ":note": new.note,
                ":price": new.price_minor,
                ":actor": new.created_by,
                ":now": now,
            })?;
        let id = AppointmentId(self.conn.last_insert_rowid());
        self.record_appointment(id)?;
        Ok(id)
    }

    /// Also sets the service and the price.
    pub fn move_appointment(
        &self,
        id: AppointmentId,
        service: ServiceId,
        price_minor: Option<i64>,
        time: &BookedTime,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE appointments SET service_id = ?2, price_minor = ?3, resource_id = ?4, starts_at = ?5,
                     ends_at = ?6, blocked_from = ?7, blocked_to = ?8, updated_at = ?9
                 WHERE id = ?1",
            )?
            .execute(params![
                id,
                service,
                price_minor,
                time.resource,
                time.starts_at,
                time.ends_at,
                time.blocked_from,
                time.blocked_to,
                now
            ])?;
        self.record_appointment(id)
    }

    pub fn set_appointment_note(&self, id: AppointmentId, note: &str, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE appointments SET note = ?2, updated_at = ?3 WHERE id = ?1")?
            .execute(params![id, note, now])?;
        self.record_appointment(id)
    }

    /// `reason` is the reason of a cancellation.
    pub fn set_appointment_state(
        &self,
        id: AppointmentId,
        state: AppointmentState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let cancelled_at = (state == AppointmentState::Cancelled).then_some(now);
        self.conn
            .prepare_cached(
                "UPDATE appointments SET state = ?2, cancel_reason = ?3, cancelled_at = ?4, updated_at = ?5
                 WHERE id = ?1",
            )?
            .execute(params![id, state, reason, cancelled_at, now])?;
        self.record_appointment(id)
    }

    /// Has no effect if a user has already seen the appointment.
    pub fn set_appointment_seen(&self, id: AppointmentId, now: Timestamp) -> Result<()> {
        let mut update =
            self.conn.prepare_cached("UPDATE appointments SET seen_at = ?2 WHERE id = ?1 AND seen_at IS NULL")?;
        if update.execute(params![id, now])? > 0 {
            self.record_appointment(id)?;
        }
        Ok(())
    }

    fn record_appointment(&self, id: AppointmentId) -> Result<()> {
        self.record_in(ChangeKind::AppointmentUpdated, None, Some(id.0))
    }
}

const SELECT: &str = concat!(
    "SELECT a.*, c.display_name AS contact_name, s.name AS service_name, r.name AS resource_name, ",
    main_number!("a.contact_id"),
    " AS contact_number
    FROM appointments a
    JOIN contacts c ON c.id = a.contact_id
    JOIN services s ON s.id = a.service_id
    JOIN resources r ON r.id = a.resource_id"
);

fn appointment(row: &Row<'_>) -> rusqlite::Result<Appointment> {
    let row = Columns::of(row);
    Ok(Appointment {
        id: row.get("id")?,
        contact_id: row.get("contact_id")?,
        contact_name: row.get("contact_name")?,
        contact_number: row.get("contact_number")?,
        service_id: row.get("service_id")?,
        service_name: row.get("service_name")?,
        resource_id: row.get("resource_id")?,
        resource_name: row.get("resource_name")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        time_zone: row.get("time_zone")?,
        state: row.get("state")?,
        source: row.get("source")?,
        call_id: row.get("call_id")?,
        seen_at: row.get("seen_at")?,
        note: row.get("note")?,
        price_minor: row.get("price_minor")?,
        cancel_reason: row.get("cancel_reason")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        cancelled_at: row.get("cancelled_at")?,
    })
}

/// Includes buffers. The overlap queries look back no further than this.
const MAX_DURATION: std::time::Duration = std::time::Duration::from_hours(72);
