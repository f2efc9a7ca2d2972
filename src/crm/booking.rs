//! Services, resources, opening hours, closures and free times.

pub mod closures;
pub mod hours;
pub mod resources;
pub mod services;
pub mod slots;

use super::text::refuse;
use super::{Error, RequestError};
use crate::booking::Opening;
use crate::domain::{BusinessId, OpeningHours, ResourceId, Timestamp};
use crate::store::{self, ReadTx};
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub fn opening(tx: &ReadTx<'_>, business: BusinessId, zone: &TimeZone, from: Date, to: Date) -> Result<Opening, Error> {
    Ok(stored_opening(tx, business, zone, from, to)?)
}

#[derive(Clone, Debug)]
pub struct ResourceHours {
    pub id: ResourceId,
    /// Its own hours; `None` if the hours of the business apply.
    pub own: Option<Vec<OpeningHours>>,
}

/// Returns the hours of the resources that are not archived, in list order.
pub fn resource_hours(tx: &ReadTx<'_>, business: BusinessId) -> Result<Vec<ResourceHours>, Error> {
    let resources = tx.resources(business, false)?.into_iter();
    resources
        .map(|resource| Ok(ResourceHours { id: resource.id, own: tx.resource_hours(business, resource.id)? }))
        .collect()
}

pub fn is_open(tx: &ReadTx<'_>, business: BusinessId, zone: &TimeZone, at: Timestamp) -> store::Result<bool> {
    let date = at.to_zoned(zone).date();
    Ok(stored_opening(tx, business, zone, date, date)?.is_open_at(at))
}

fn stored_opening(
    tx: &ReadTx<'_>,
    business: BusinessId,
    zone: &TimeZone,
    from: Date,
    to: Date,
) -> store::Result<Opening> {
    Ok(Opening {
        hours: tx.opening_hours(business)?,
        rules: tx.opening_rules(business)?,
        closures: tx.closures(business, Some(from), Some(to))?,
        zone: zone.clone(),
    })
}

pub(super) fn within<T: Copy + Into<i64>>(
    field: &'static str,
    number: T,
    (least, most): (i64, i64),
) -> Result<T, RequestError> {
    if (least..=most).contains(&number.into()) {
        return Ok(number);
    }
    Err(refuse(field, format!("must be {least} to {most}")))
}

pub(super) fn position(position: i64) -> Result<i64, RequestError> {
    within("position", position, (0, 1_000_000))
}

pub(super) fn check_dates(from: Date, to: Date) -> Result<(), RequestError> {
    let years = 1900..=2200;
    if !years.contains(&from.year()) || !years.contains(&to.year()) {
        return Err(refuse("from_date", "must be in the years 1900 to 2200"));
    }
    if from > to {
        return Err(refuse("to_date", "must not be before from_date"));
    }
    Ok(())
}
