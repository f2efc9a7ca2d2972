//! Closures: periods in which the business or a resource takes no appointments.

use super::date;
use crate::domain::{BusinessId, ChangeKind, Closure, ClosureId, DayTime, ResourceId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosureData {
    /// `None` for the whole business.
    pub resource_id: Option<ResourceId>,
    /// The first closed day.
    pub from_date: Date,
    /// The last closed day; it may be the first one.
    pub to_date: Date,
    /// On the first day; `None` for the start of the day.
    pub from_time: Option<DayTime>,
    /// On the last day; `None` for the end of the day.
    pub to_time: Option<DayTime>,
    pub reason: String,
}

impl ReadTx<'_> {
    /// The closures that overlap these dates, ordered by their first day. Without dates, all closures.
    pub fn closures(&self, business: BusinessId, from: Option<Date>, to: Option<Date>) -> Result<Vec<Closure>> {
        let mut query = self.conn.prepare_cached(
            "SELECT * FROM closures WHERE business_id = ?1 AND (?2 IS NULL OR to_date >= ?2)
                 AND (?3 IS NULL OR from_date <= ?3)
             ORDER BY from_date, id",
        )?;
        let text = |date: Option<Date>| date.map(|date| date.to_string());
        let rows = query.query_map(params![business, text(from), text(to)], closure)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn closure(&self, id: ClosureId) -> Result<Option<Closure>> {
        let mut query = self.conn.prepare_cached("SELECT * FROM closures WHERE id = ?1")?;
        Ok(query.query_row([id], closure).optional()?)
    }
}

impl WriteTx<'_> {
    pub fn insert_closure(
        &self,
        business: BusinessId,
        data: &ClosureData,
        actor: &str,
        now: Timestamp,
    ) -> Result<ClosureId> {
        self.conn
            .prepare_cached(
                "INSERT INTO closures(business_id, from_date, to_date, created_by, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .execute(params![business, data.from_date.to_string(), data.to_date.to_string(), actor, now])?;
        let id = ClosureId(self.conn.last_insert_rowid());
        self.update_closure(id, data, now)?;
        Ok(id)
    }

    pub fn update_closure(&self, id: ClosureId, data: &ClosureData, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE closures SET resource_id = :resource, from_date = :from_date, to_date = :to_date,
                     from_time = :from_time, to_time = :to_time, reason = :reason, updated_at = :now
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": id,
                ":resource": data.resource_id,
                ":from_date": data.from_date.to_string(),
                ":to_date": data.to_date.to_string(),
                ":from_time": data.from_time,
                ":to_time": data.to_time,
                ":reason": data.reason,
                ":now": now,
            })?;
        self.record_in(ChangeKind::OpeningHoursUpdated, None, None)
    }

    pub fn delete_closure(&self, id: ClosureId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM closures WHERE id = ?1")?.execute([id])?;
        self.record_in(ChangeKind::OpeningHoursUpdated, None, None)
    }
}

fn closure(row: &Row<'_>) -> rusqlite::Result<Closure> {
    Ok(Closure {
        id: row.get("id")?,
        resource_id: row.get("resource_id")?,
        from_date: date(row, "from_date")?,
        to_date: date(row, "to_date")?,
        from_time: row.get("from_time")?,
        to_time: row.get("to_time")?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
