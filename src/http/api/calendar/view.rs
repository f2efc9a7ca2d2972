//! API types of calendar days and free times.

use crate::booking::{DayOpening, Slot, hebrew_date, hebrew_number, holiday};
use crate::crm::booking::slots::Gap;
use crate::domain::{self, DayRange, DayTime, Language, ResourceId, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::response::{LocalizedText, views};
use crate::http::local_date::LocalDate;
use crate::messages::{self, Phrase};
use jiff::civil::Date;
use serde::Serialize;

pub(crate) type HebrewMonth = OneOf<domain::HebrewMonth>;

pub(crate) type Holiday = OneOf<domain::Holiday>;

pub(crate) type HolidayKind = OneOf<domain::HolidayKind>;

pub(crate) type ClosedReason = OneOf<domain::ClosedReason>;

/// Calendar days in chronological order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CalendarDays {
    /// All days of the requested range, in chronological order.
    pub(super) days: Vec<CalendarDay>,
}

/// A calendar day: its Hebrew date, its holiday, and the hours in which the business is open.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CalendarDay {
    /// The Gregorian date in the time zone of the business.
    #[schema(value_type = String, format = Date)]
    date: LocalDate,
    /// The weekday: 0 is Sunday, 6 is Saturday.
    weekday: i8,
    /// The Hebrew date of the daytime; the Hebrew day begins on the evening before. Null if the date cannot be
    /// converted.
    hebrew_date: Option<HebrewDate>,
    /// The holiday or other special day of the Israeli calendar on this date; null if there is none.
    holiday: Option<DayName>,
    /// The hours in which the business is open, in chronological order.
    open: Vec<OpenRange>,
    /// Why the business is closed, or open for less time than usual on this weekday; null if neither is the case.
    closed_reason: Option<ClosedReason>,
    /// The reasons of the business's closures on this day.
    closures: Vec<String>,
    /// The available hours of each resource that takes appointments.
    resources: Vec<ResourceDay>,
}

/// The hours in which a resource takes appointments on a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ResourceDay {
    /// The id of the resource.
    resource_id: i64,
    /// The hours in which the resource is available, in order: its own hours within those of the business.
    open: Vec<OpenRange>,
    /// Why the resource is not available, or available for less time than usual on this weekday; null if neither is the
    /// case.
    closed_reason: Option<ClosedReason>,
    /// The reasons of the resource's own closures on this day.
    closures: Vec<String>,
}

/// A Hebrew date.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HebrewDate {
    /// The day of the Hebrew month, 1 to 30.
    day: u8,
    /// The Hebrew month.
    month: HebrewMonth,
    /// The Hebrew year, such as 5787.
    year: i32,
    /// The complete date; the Hebrew text has the day and the year in Hebrew letters.
    text: LocalizedText,
}

/// A holiday or other special day of the Israeli calendar.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DayName {
    /// The identifier of the holiday or special day.
    key: Holiday,
    /// The name of the day.
    name: LocalizedText,
    /// How the day affects the opening hours of a business.
    kind: HolidayKind,
}

/// A range of hours within one day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OpenRange {
    /// The time at which the range begins, `HH:MM`.
    #[schema(value_type = String)]
    from: DayTime,
    /// The time at which the range ends, `HH:MM`; `24:00` is the end of the day.
    #[schema(value_type = String)]
    to: DayTime,
}

impl CalendarDay {
    pub(super) fn new(date: Date, opening: DayOpening, closures: Vec<String>, resources: Vec<ResourceDay>) -> Self {
        Self {
            date: LocalDate(date),
            weekday: date.weekday().to_sunday_zero_offset(),
            hebrew_date: hebrew_date(date).map(Into::into),
            holiday: holiday(date).map(Into::into),
            open: views(opening.ranges),
            closed_reason: opening.reason.map(Into::into),
            closures,
            resources,
        }
    }
}

impl ResourceDay {
    pub(super) fn new(id: ResourceId, opening: DayOpening, closures: Vec<String>) -> Self {
        Self { resource_id: id.0, open: views(opening.ranges), closed_reason: opening.reason.map(Into::into), closures }
    }
}

impl From<DayRange> for OpenRange {
    fn from(range: DayRange) -> Self {
        Self { from: range.from, to: range.to }
    }
}

impl From<domain::HebrewDate> for HebrewDate {
    fn from(date: domain::HebrewDate) -> Self {
        let text = |language, day, year| {
            let month = messages::hebrew_month(language, date.month);
            messages::text(language, &Phrase::HebrewDate { day, month, year })
        };
        let letters = |number: i32| hebrew_number(u32::try_from(number).unwrap_or(0));
        Self {
            day: date.day,
            month: date.month.into(),
            year: date.year,
            text: LocalizedText::of(|language| match language {
                Language::Hebrew => text(language, letters(i32::from(date.day)), letters(date.year)),
                Language::English => text(language, date.day.to_string(), date.year.to_string()),
            }),
        }
    }
}

impl From<domain::Holiday> for DayName {
    fn from(holiday: domain::Holiday) -> Self {
        Self {
            key: holiday.into(),
            name: LocalizedText::of(|language| messages::holiday(language, holiday)),
            kind: holiday.kind().into(),
        }
    }
}

/// Free times in chronological order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FreeSlots {
    /// The free times; each start time is listed once.
    pub(super) slots: Vec<FreeSlot>,
}

/// A free time for an appointment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FreeSlot {
    /// When an appointment at this time would start.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When an appointment at this time would end.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The id of the first resource that is free at this time.
    resource_id: i64,
}

impl From<Slot> for FreeSlot {
    fn from(slot: Slot) -> Self {
        Self { starts_at: slot.starts_at, ends_at: slot.ends_at, resource_id: slot.resource_id.0 }
    }
}

/// Free gaps in the calendars of the resources, ordered by resource and time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FreeGaps {
    /// The gaps in the requested range, ordered by resource and time.
    pub(super) gaps: Vec<FreeGap>,
}

/// A free period in the calendar of a resource. An appointment for one of its services can start at the beginning.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FreeGap {
    /// The id of the free resource.
    resource_id: i64,
    /// When the gap begins.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When the gap ends; at the latest at the end of the same day.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}

impl From<Gap> for FreeGap {
    fn from(gap: Gap) -> Self {
        Self { resource_id: gap.resource.0, starts_at: gap.span.from, ends_at: gap.span.to }
    }
}
