//! Free times, and the choice of a resource.

use super::opening::{Opening, instant};
use super::span::{Busy, Span, join};
use crate::domain::{DayTime, OpeningHours, ResourceId, Service, Timestamp};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::time::Duration;

/// The times that a booking of a service takes, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Booking {
    /// The length of the appointment.
    pub duration_min: u32,
    /// How long the resource is occupied before it.
    pub buffer_before_min: u32,
    /// How long the resource is occupied after it.
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
    /// The appointment that starts at this time.
    pub fn appointment(&self, starts_at: Timestamp) -> Span {
        Span { from: starts_at, to: starts_at.plus(minutes(self.duration_min)) }
    }

    /// The time for which the appointment occupies its resource: with its buffers.
    pub fn blocked(&self, starts_at: Timestamp) -> Span {
        let appointment = self.appointment(starts_at);
        Span {
            from: appointment.from.minus(minutes(self.buffer_before_min)),
            to: appointment.to.plus(minutes(self.buffer_after_min)),
        }
    }
}

/// A resource that can take the booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookable {
    /// The resource.
    pub id: ResourceId,
    /// Its own hours of the week; none if it follows those of the business.
    pub hours: Option<Vec<OpeningHours>>,
    /// When it is occupied.
    pub busy: Busy,
}

/// Which free times are wanted.
#[derive(Clone, Copy, Debug)]
pub struct SlotSearch {
    /// What is to be booked.
    pub booking: Booking,
    /// The first day.
    pub from: Date,
    /// How many days.
    pub days: u16,
    /// The distance between two times in minutes, counted from the beginning of each range of hours.
    pub step_min: u32,
    /// The earliest start.
    pub not_before: Timestamp,
}

/// A free time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// When the appointment would start.
    pub starts_at: Timestamp,
    /// When it would end.
    pub ends_at: Timestamp,
    /// The first resource that is free.
    pub resource_id: ResourceId,
}

/// Why a time cannot be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No resource provides the service.
    NoResource,
    /// No resource is available at that time, by the hours.
    OutsideHours,
    /// The resources that are available are occupied.
    Taken,
}

/// Which gaps are wanted.
#[derive(Clone, Copy, Debug)]
pub struct GapSearch<'a> {
    /// What can be booked.
    pub services: &'a [Booking],
    /// The day.
    pub date: Date,
    /// The distance between two starts in minutes, as of free times.
    pub step_min: u32,
    /// The earliest start.
    pub not_before: Timestamp,
}

/// All free times of the search, in order, each once: with the first of the resources that is free.
pub fn free_slots(search: &SlotSearch, opening: &Opening, resources: &[Bookable]) -> Vec<Slot> {
    let mut found = BTreeMap::new();
    let last = search.days.saturating_add(1);
    for resource in resources {
        // An appointment may end on the day after the last one.
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

/// The gaps of a resource on a day, in order: the times of all appointments of these services that it could take, joined. So each gap
/// begins with a free time of one of them. None reaches over the end of the day.
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

/// The first free time at or after the beginning of the search.
pub fn next_free(search: &SlotSearch, opening: &Opening, resources: &[Bookable]) -> Option<Slot> {
    // Day by day, because the first days usually have one.
    (0..search.days).find_map(|day| {
        let from = search.from.saturating_add(jiff::Span::new().days(day));
        free_slots(&SlotSearch { from, days: 1, ..*search }, opening, resources).first().copied()
    })
}

/// The resource that takes a booking: the first one that is available and free. With `force` it is taken outside of the
/// hours as well, but never twice at the same time: a double booking is refused here, as [`Refusal::Taken`].
pub fn choose(
    booking: &Booking,
    starts_at: Timestamp,
    force: bool,
    opening: &Opening,
    resources: &[Bookable],
) -> Result<ResourceId, Refusal> {
    if resources.is_empty() {
        return Err(Refusal::NoResource);
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
    Err(if open.is_empty() && !force { Refusal::OutsideHours } else { Refusal::Taken })
}

/// The times within a range of hours at which an appointment can start, if it ends before `open` does.
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
