//! Search for free times.

use super::{opening, services};
use crate::booking::{
    Bookable, Booking, GapSearch, Opening, Slot, SlotSearch, Span, free_gaps, free_slots, instant, next_free,
};
use crate::crm::{Error, RequestError};
use crate::domain::{AppointmentId, BusinessId, DayTime, Resource, ResourceId, Service, ServiceId, Timestamp};
use crate::store::ReadTx;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct SlotQuery {
    pub service: ServiceId,
    /// The resource; `None` means any resource that provides the service.
    pub resource: Option<ResourceId>,
    /// The first day; `None` means today.
    pub from: Option<Date>,
    /// The number of days, at most [`MAX_DAYS`].
    pub days: u16,
    /// The distance between two offered start times, in minutes.
    pub step_min: u32,
    /// Whether the contact asks for the times, and not a user. The notice time then applies.
    pub for_contact: bool,
    /// The appointment that is being moved; its current time counts as free.
    pub moving: Option<AppointmentId>,
}

/// Returns the free times in ascending order.
pub fn free(
    tx: &ReadTx<'_>,
    business: BusinessId,
    query: &SlotQuery,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Slot>, Error> {
    let moved = match query.moving {
        Some(id) => Some(tx.appointment(id)?.ok_or_else(no_such_appointment)?),
        None => None,
    };
    // An appointment keeps its service when it is moved, also if the service was archived since.
    let keeps_service = moved.is_some_and(|moved| moved.service_id == query.service);
    let service =
        if keeps_service { services::find(tx, query.service) } else { services::find_offered(tx, query.service) }?;
    let from = query.from.unwrap_or_else(|| local_date(now, zone));
    if from > local_date(now.plus(FARTHEST), zone) {
        return Err(RequestError::field("from", "from must be within five years").into());
    }
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

fn no_such_appointment() -> Error {
    RequestError::field("moving", "there is no such appointment").into()
}

/// How far in the past or future an appointment may start: five years.
pub const FARTHEST: Duration = Duration::from_hours(5 * 366 * 24);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub resource: ResourceId,
    pub span: Span,
}

/// Returns the free periods from now on. A period counts as free if at least one service of the resource fits in.
pub fn gaps(
    tx: &ReadTx<'_>,
    business: BusinessId,
    (from, days): (Date, u16),
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Gap>, Error> {
    let calendar = Calendar::load(tx, business, zone, (from, days))?;
    let services = tx.services(business, false)?;
    let mut gaps = Vec::new();
    for (resource, bookable) in &calendar.resources {
        let offered = services.iter().filter(|service| resource.offer.includes(service.id));
        let mut bookings: Vec<Booking> = offered.map(Booking::from).collect();
        bookings.sort_unstable();
        bookings.dedup();
        for date in (0..i64::from(days)).map(|day| from.saturating_add(day.days())) {
            let search = GapSearch { services: &bookings, date, step_min: GAP_STEP_MIN, not_before: now };
            let spans = free_gaps(&search, &calendar.opening, bookable);
            gaps.extend(spans.into_iter().map(|span| Gap { resource: resource.id, span }));
        }
    }
    Ok(gaps)
}

pub(in crate::crm) struct Calendar {
    opening: Opening,
    resources: Vec<(Resource, Bookable)>,
}

impl Calendar {
    pub(in crate::crm) fn load(
        tx: &ReadTx<'_>,
        business: BusinessId,
        zone: &TimeZone,
        days: (Date, u16),
    ) -> Result<Self, Error> {
        Self::of(tx, business, zone, days, |_| true, None)
    }

    /// The time of appointment `except` counts as free.
    fn of(
        tx: &ReadTx<'_>,
        business: BusinessId,
        zone: &TimeZone,
        (from, days): (Date, u16),
        wanted: impl Fn(&Resource) -> bool,
        except: Option<AppointmentId>,
    ) -> Result<Self, Error> {
        // Buffers, and appointments that cross midnight, extend into the adjacent days.
        let (first, last) = (from.saturating_sub(1.day()), from.saturating_add((i64::from(days) + 1).days()));
        let opening = opening(tx, business, zone, first, last)?;
        let (since, until) = (instant(first, DayTime::START, zone), instant(last, DayTime::END, zone));
        let mut resources = Vec::new();
        for resource in tx.resources(business, false)?.into_iter().filter(wanted) {
            let busy = tx.occupied(resource.id, since, until, except)?;
            let busy = busy.into_iter().map(|(from, to)| Span { from, to }).collect();
            let hours = tx.resource_hours(business, resource.id)?;
            let bookable = Bookable { id: resource.id, hours, busy };
            resources.push((resource, bookable));
        }
        Ok(Self { opening, resources })
    }

    /// `Calendar::load` must have read the days.
    pub(in crate::crm) fn next_free(
        &self,
        service: &Service,
        only: Option<ResourceId>,
        (from, days): (Date, u16),
        now: Timestamp,
    ) -> Option<Slot> {
        let search = SlotSearch { booking: service.into(), from, days, step_min: STEP_MIN, not_before: now };
        let able = self.resources.iter().filter(|(resource, _)| provides(resource, service, only));
        let able: Vec<Bookable> = able.map(|(_, bookable)| bookable.clone()).collect();
        next_free(&search, &self.opening, &able)
    }
}

fn provides(resource: &Resource, service: &Service, only: Option<ResourceId>) -> bool {
    only.is_none_or(|only| only == resource.id) && resource.offer.includes(service.id)
}

/// The time of appointment `except` counts as free.
pub(in crate::crm) fn calendar(
    tx: &ReadTx<'_>,
    business: BusinessId,
    service: &Service,
    only: Option<ResourceId>,
    zone: &TimeZone,
    days: (Date, u16),
    except: Option<AppointmentId>,
) -> Result<(Opening, Vec<Bookable>), Error> {
    if let Some(id) = only
        && tx.resource(id)?.is_none()
    {
        return Err(RequestError::field("resource_id", "there is no such resource").into());
    }
    let able = |resource: &Resource| provides(resource, service, only);
    let Calendar { opening, resources } = Calendar::of(tx, business, zone, days, able, except)?;
    Ok((opening, resources.into_iter().map(|(_, bookable)| bookable).collect()))
}

pub(in crate::crm) fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone).date()
}

/// The maximum number of days in one query.
pub const MAX_DAYS: u16 = 62;

/// The default distance between two offered start times, in minutes.
pub const STEP_MIN: u32 = 15;

/// The distance between two start times in the search for gaps, in minutes. It is small, so that a gap starts where the
/// previous appointment ends, if that is at a multiple of five minutes.
const GAP_STEP_MIN: u32 = 5;
