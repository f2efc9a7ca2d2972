//! Finds free times, and chooses the resource for an appointment.

use super::opening::{Opening, instant};
use super::span::{Busy, Span, join};
use crate::domain::{DayTime, OpeningHours, ResourceId, Service, Timestamp};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::time::Duration;

/// The duration of a booking of a service, and its buffers, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Booking {
    /// The duration of the appointment, without the buffers.
    pub duration_min: u32,
    /// How long the resource is occupied before the appointment.
    pub buffer_before_min: u32,
    /// How long the resource is occupied after the appointment.
    pub buffer_after_min: u32,
}

impl From<&Service> for Booking {
    fn from(service: &Service) -> Self {
        Self {
            duration_min: service.duration_min,
            buffer_before_min: service.buffer_before_min,
            buffer_after_min: service.buffer_after_min,
        }
    }
}

impl Booking {
    /// Returns the span of an appointment that starts at this time.
    pub fn appointment(&self, starts_at: Timestamp) -> Span {
        Span { from: starts_at, to: starts_at.plus(minutes(self.duration_min)) }
    }

    /// Returns the span for which the appointment occupies its resource, including the buffers.
    pub fn blocked(&self, starts_at: Timestamp) -> Span {
        let appointment = self.appointment(starts_at);
        Span {
            from: appointment.from.minus(minutes(self.buffer_before_min)),
            to: appointment.to.plus(minutes(self.buffer_after_min)),
        }
    }
}

/// A resource that can take the booking, and its availability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookable {
    /// The resource that an appointment would occupy.
    pub id: ResourceId,
    /// The resource's own weekly hours; none if it follows the hours of the business.
    pub hours: Option<Vec<OpeningHours>>,
    /// The times at which the resource is occupied.
    pub busy: Busy,
}

/// The parameters of a search for free times.
#[derive(Clone, Copy, Debug)]
pub struct SlotSearch {
    /// The duration and the buffers of the appointment.
    pub booking: Booking,
    /// The first day to search, in the time zone of the opening hours.
    pub from: Date,
    /// The number of days to search, including the first day.
    pub days: u16,
    /// The interval between two start times in minutes, counted from the beginning of each range of hours.
    pub step_min: u32,
    /// Start times before this time are left out.
    pub not_before: Timestamp,
}

/// A free time for an appointment, and a resource for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The start of the appointment, without the buffer before it.
    pub starts_at: Timestamp,
    /// The end of the appointment, without the buffer after it.
    pub ends_at: Timestamp,
    /// The first resource that is free at this time.
    pub resource_id: ResourceId,
}

/// The reason why a time cannot be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBookable {
    /// No resource provides the service.
    NoResource,
    /// No resource is open at that time.
    OutsideHours,
    /// Each resource that may be chosen is occupied at that time.
    Taken,
}

/// The parameters of a search for gaps.
#[derive(Clone, Copy, Debug)]
pub struct GapSearch<'a> {
    /// The bookings that can fill a gap.
    pub services: &'a [Booking],
    /// The day to search, in the time zone of the opening hours.
    pub date: Date,
    /// The interval between two start times in minutes, counted from the beginning of each range of hours.
    pub step_min: u32,
    /// Start times before this time are left out.
    pub not_before: Timestamp,
}

/// Returns all free times of the search, in order. Each time is returned once, with the first of the resources that is
/// free.
pub fn free_slots(search: &SlotSearch, opening: &Opening, resources: &[Bookable]) -> Vec<Slot> {
    let mut found = BTreeMap::new();
    let last = search.days.saturating_add(1);
    for resource in resources {
        // An appointment may end on the day after the last day.
        let spans = opening.spans(search.from, last, Some(resource.id), resource.hours.as_deref());
        let open = join(spans.iter().map(|(_, span)| *span));
        for (date, span) in spans {
            if (date - search.from).get_days() >= i32::from(search.days) {
                continue;
            }
            let Some(open) = open.iter().find(|open| open.contains(span)) else { continue };
            for starts_at in starts(search, span, *open) {
                if resource.busy.is_free(search.booking.blocked(starts_at)) {
                    let ends_at = search.booking.appointment(starts_at).to;
                    found.entry(starts_at).or_insert(Slot { starts_at, ends_at, resource_id: resource.id });
                }
            }
        }
    }
    found.into_values().collect()
}

/// Returns the gaps of a resource on a day, in order: the joined times of all appointments for these services that the
/// resource could take. Each gap therefore begins with a free time for one of the services. A gap ends at the latest at
/// the end of the day.
pub fn free_gaps(search: &GapSearch<'_>, opening: &Opening, resource: &Bookable) -> Vec<Span> {
    let GapSearch { services, date, step_min, not_before } = *search;
    let end = instant(date, DayTime::END, &opening.zone);
    let slots = services.iter().flat_map(|booking| {
        let search = SlotSearch { booking: *booking, from: date, days: 1, step_min, not_before };
        free_slots(&search, opening, std::slice::from_ref(resource))
    });
    let mut spans: Vec<_> = slots.map(|slot| Span { from: slot.starts_at, to: slot.ends_at.min(end) }).collect();
    spans.sort_unstable();
    join(spans)
}

/// Returns the first free time of the search; none if all its days are booked up or closed.
pub fn next_free(search: &SlotSearch, opening: &Opening, resources: &[Bookable]) -> Option<Slot> {
    // The search runs day by day, because one of the first days usually has a free time.
    (0..search.days).find_map(|day| {
        let from = search.from.saturating_add(jiff::Span::new().days(day));
        free_slots(&SlotSearch { from, days: 1, ..*search }, opening, resources).first().copied()
    })
}

/// Chooses the resource for a booking: the first resource that is open and free. With `force`, a closed resource is
/// chosen if no open resource is free. An occupied resource is never chosen.
pub fn choose(
    booking: &Booking,
    starts_at: Timestamp,
    force: bool,
    opening: &Opening,
    resources: &[Bookable],
) -> Result<ResourceId, NotBookable> {
    if resources.is_empty() {
        return Err(NotBookable::NoResource);
    }
    let appointment = booking.appointment(starts_at);
    let is_open = |resource: &&Bookable| opening.is_open(appointment, Some(resource.id), resource.hours.as_deref());
    let is_free = |resource: &&Bookable| resource.busy.is_free(booking.blocked(starts_at));
    let (open, closed): (Vec<_>, Vec<_>) = resources.iter().partition(is_open);
    if let Some(found) = open.iter().copied().find(is_free) {
        return Ok(found.id);
    }
    if force && let Some(found) = closed.iter().copied().find(is_free) {
        return Ok(found.id);
    }
    Err(if open.is_empty() && !force { NotBookable::OutsideHours } else { NotBookable::Taken })
}

/// Returns the start times within `span`, from `not_before` on, for which the appointment does not end after `open`.
fn starts(search: &SlotSearch, span: Span, open: Span) -> impl Iterator<Item = Timestamp> + use<> {
    let SlotSearch { booking, step_min, not_before, .. } = *search;
    let step = minutes(step_min.max(1));
    let starts = std::iter::successors(Some(span.from), move |at| Some(at.plus(step)));
    starts
        .take_while(move |at| *at < span.to && booking.appointment(*at).to <= open.to)
        .skip_while(move |at| *at < not_before)
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}
