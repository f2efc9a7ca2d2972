//! The services that contacts can book.

use super::super::columns::Columns;
use crate::domain::{BusinessId, ChangeKind, Service, ServiceId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceData {
    pub name: String,
    pub duration_min: u32,
    /// Minutes before the appointment in which the resource is unavailable.
    pub buffer_before_min: u32,
    /// Minutes after the appointment in which the resource is unavailable.
    pub buffer_after_min: u32,
    /// The price in agorot.
    pub price_minor: Option<i64>,
    pub description: String,
    pub position: i64,
    /// Since when the service is no longer offered.
    pub archived_at: Option<Timestamp>,
}

impl ReadTx<'_> {
    /// In list order.
    pub fn services(&self, business: BusinessId, with_archived: bool) -> Result<Vec<Service>> {
        let mut query = self.conn.prepare_cached(
            "SELECT * FROM services WHERE business_id = ?1 AND (?2 OR archived_at IS NULL) ORDER BY position, id",
        )?;
        let rows = query.query_map(params![business, with_archived], service)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn service(&self, id: ServiceId) -> Result<Option<Service>> {
        let mut query = self.conn.prepare_cached("SELECT * FROM services WHERE id = ?1")?;
        Ok(query.query_row([id], service).optional()?)
    }
}

impl WriteTx<'_> {
    pub fn insert_service(&self, business: BusinessId, data: &ServiceData, now: Timestamp) -> Result<ServiceId> {
        self.conn
            .prepare_cached(
                "INSERT INTO services(business_id, name, duration_min, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?4)",
            )?
            .execute(params![business, data.name, data.duration_min, now])?;
        let id = ServiceId(self.conn.last_insert_rowid());
        self.update_service(id, data, now)?;
        Ok(id)
    }

    pub fn update_service(&self, id: ServiceId, data: &ServiceData, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE services SET name = :name, duration_min = :duration, buffer_before_min = :before,
                     buffer_after_min = :after, price_minor = :price, description = :description,
                     position = :position, archived_at = :archived, updated_at = :now
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": id,
                ":name": data.name,
                ":duration": data.duration_min,
                ":before": data.buffer_before_min,
                ":after": data.buffer_after_min,
                ":price": data.price_minor,
                ":description": data.description,
                ":position": data.position,
                ":archived": data.archived_at,
                ":now": now,
            })?;
        self.record_in(ChangeKind::ServiceUpdated, None, Some(id.0))
    }
}

fn service(row: &Row<'_>) -> rusqlite::Result<Service> {
    let row = Columns::of(row);
    Ok(Service {
        id: row.get("id")?,
        name: row.get("name")?,
        duration_min: row.get("duration_min")?,
        buffer_before_min: row.get("buffer_before_min")?,
        buffer_after_min: row.get("buffer_after_min")?,
        price_minor: row.get("price_minor")?,
        description: row.get("description")?,
        position: row.get("position")?,
        archived_at: row.get("archived_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
