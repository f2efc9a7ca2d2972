//! Free times of a service.

use super::{opening, services};
use crate::booking::{Bookable, Opening, Slot, SlotSearch, Span, free_slots, instant};
use crate::crm::{Error, RequestError};
use crate::domain::{AppointmentId, BusinessId, DayTime, ResourceId, Service, ServiceId, Timestamp};
use crate::store::ReadTx;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Which free times are wanted.
#[derive(Clone, Copy, Debug)]
pub struct SlotQuery {
    /// The service.
    pub service: ServiceId,
    /// The resource; none: any that provides the service.
    pub resource: Option<ResourceId>,
    /// The first day; none: today.
    pub from: Option<Date>,
    /// How many days, at most [`MAX_DAYS`].
    pub days: u16,
    /// The distance between two times in minutes.
    pub step_min: u32,
    /// Whether a contact books, for whom the notice time applies.
    pub for_contact: bool,
    /// An appointment that is to be moved: its own time counts as free.
    pub moving: Option<AppointmentId>,
}

/// The free times of a service, in order.
pub fn free(
    tx: &ReadTx<'_>,
    business: BusinessId,
    query: &SlotQuery,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Slot>, Error> {
    let service = services::find_offered(tx, query.service)?;
    let from = query.from.unwrap_or_else(|| local_date(now, zone));
    let (opening, resources) =
        calendar(tx, business, &service, query.resource, zone, (from, query.days), query.moving)?;
    let notice_min = if query.for_contact { opening.rules.notice_min } else { 0 };
    let search = SlotSearch {
        booking: (&service).into(),
        from,
        days: query.days,
        step_min: query.step_min,
        not_before: now.plus(Duration::from_secs(u64::from(notice_min) * 60)),
    };
    Ok(free_slots(&search, &opening, &resources))
}

/// When the business is open on these days, and the resources that provide a service with the times for which they are
/// occupied. Those of appointment `except` do not count.
pub(in crate::crm) fn calendar(
    tx: &ReadTx<'_>,
    business: BusinessId,
    service: &Service,
    only: Option<ResourceId>,
    zone: &TimeZone,
    (from, days): (Date, u16),
    except: Option<AppointmentId>,
) -> Result<(Opening, Vec<Bookable>), Error> {
    if let Some(id) = only
        && tx.resource(id)?.is_none()
    {
        return Err(RequestError::field("resource_id", "there is no such resource").into());
    }
    // Buffers and appointments over midnight reach into the days around.
    let (first, last) = (from.saturating_sub(1.day()), from.saturating_add((i64::from(days) + 1).days()));
    let opening = opening(tx, business, zone, first, last)?;
    let (since, until) = (instant(first, DayTime::START, zone), instant(last, DayTime::END, zone));
    let mut resources = Vec::new();
    for resource in tx.resources(business, false)? {
        if only.is_some_and(|only| only != resource.id) || !resource.offer.includes(service.id) {
            continue;
        }
        let busy = tx.occupied(resource.id, since, until, except)?;
        resources.push(Bookable {
            id: resource.id,
            hours: tx.resource_hours(business, resource.id)?,
            busy: busy.into_iter().map(|(from, to)| Span { from, to }).collect(),
        });
    }
    Ok((opening, resources))
}

/// The local date of a moment.
pub(in crate::crm) fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone).date()
}

/// The most days of one query.
pub const MAX_DAYS: u16 = 62;

/// The distance between two offered times in minutes, unless another one is asked for.
pub const STEP_MIN: u32 = 15;
