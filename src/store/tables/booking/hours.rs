//! Opening hours, and the rules for holidays.

use crate::domain::{
    BusinessId, ChangeKind, DayRange, EveRule, HolidayRule, OpeningHours, OpeningRules, ResourceId, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use jiff::civil::Weekday;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    pub fn opening_hours(&self, business: BusinessId) -> Result<Vec<OpeningHours>> {
        self.hours_of(business, None)
    }

    /// If no rules are stored, the business is closed on holidays and on their eves.
    pub fn opening_rules(&self, business: BusinessId) -> Result<OpeningRules> {
        let mut query =
            self.conn.prepare_cached("SELECT holidays, eves, notice_min FROM opening_rules WHERE business_id = ?1")?;
        let found = query.query_row([business], |row| {
            Ok(OpeningRules { holidays: row.get(0)?, eves: row.get(1)?, notice_min: row.get(2)? })
        });
        let default = OpeningRules { holidays: HolidayRule::Closed, eves: EveRule::Closed, notice_min: 0 };
        Ok(found.optional()?.unwrap_or(default))
    }

    /// Whether a user has saved the opening hours, so that they are not only those of a new installation. The migration
    /// that inserts those hours sets the time of the change to the time when the business was created.
    pub fn has_saved_opening_hours(&self, business: BusinessId) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT EXISTS(SELECT 1 FROM opening_rules r JOIN businesses b ON b.id = r.business_id
                           WHERE r.business_id = ?1 AND r.updated_at <> b.created_at)",
        )?;
        Ok(query.query_row([business], |row| row.get(0))?)
    }

    /// `None` if the resource uses the opening hours of the business.
    pub fn resource_hours(&self, business: BusinessId, id: ResourceId) -> Result<Option<Vec<OpeningHours>>> {
        let mut query = self.conn.prepare_cached("SELECT own_hours FROM resources WHERE id = ?1")?;
        match query.query_row([id], |row| row.get(0)).optional()? {
            Some(true) => Ok(Some(self.hours_of(business, Some(id))?)),
            _ => Ok(None),
        }
    }

    fn hours_of(&self, business: BusinessId, resource: Option<ResourceId>) -> Result<Vec<OpeningHours>> {
        let mut query = self.conn.prepare_cached(
            "SELECT weekday, from_time, to_time FROM opening_hours
             WHERE business_id = ?1 AND resource_id IS ?2 ORDER BY weekday, from_time",
        )?;
        let rows = query.query_map(params![business, resource], hours)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    pub fn set_opening_hours(
        &self,
        business: BusinessId,
        hours: &[OpeningHours],
        rules: &OpeningRules,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO opening_rules(business_id, holidays, eves, notice_min, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT(business_id) DO UPDATE SET holidays = excluded.holidays, eves = excluded.eves,
                     notice_min = excluded.notice_min, updated_at = excluded.updated_at",
            )?
            .execute(params![business, rules.holidays, rules.eves, rules.notice_min, now])?;
        self.replace_hours(business, None, hours)?;
        self.record_in(ChangeKind::OpeningHoursUpdated, None, None)
    }

    /// With `None`, the resource uses the opening hours of the business.
    pub fn set_resource_hours(
        &self,
        business: BusinessId,
        id: ResourceId,
        hours: Option<&[OpeningHours]>,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE resources SET own_hours = ?2, updated_at = ?3 WHERE id = ?1")?
            .execute(params![id, hours.is_some(), now])?;
        self.replace_hours(business, Some(id), hours.unwrap_or_default())?;
        self.record_in(ChangeKind::ResourceUpdated, None, Some(id.0))
    }

    fn replace_hours(&self, business: BusinessId, resource: Option<ResourceId>, hours: &[OpeningHours]) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM opening_hours WHERE business_id = ?1 AND resource_id IS ?2")?
            .execute(params![business, resource])?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO opening_hours(business_id, resource_id, weekday, from_time, to_time)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for OpeningHours { weekday, range } in hours {
            insert.execute(params![business, resource, weekday.to_sunday_zero_offset(), range.from, range.to])?;
        }
        Ok(())
    }
}

fn hours(row: &Row<'_>) -> rusqlite::Result<OpeningHours> {
    let weekday = Weekday::from_sunday_zero_offset(row.get(0)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, Box::new(error)))?;
    Ok(OpeningHours { weekday, range: DayRange { from: row.get(1)?, to: row.get(2)? } })
}
