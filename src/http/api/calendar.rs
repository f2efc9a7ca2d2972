//! Calendar days, and the free times of a service.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::views;
use crate::clock;
use crate::crm;
use crate::crm::booking::ResourceHours;
use crate::crm::booking::slots::{self, MAX_DAYS, STEP_MIN, SlotQuery};
use crate::domain::{AppointmentId, BusinessId, ResourceId, ServiceId};
use crate::http::auth::Member;
use crate::http::extract::Query;
use crate::http::local_date::LocalDate;
use crate::http::{ApiError, AppState, ErrorBody};
use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use serde::Deserialize;
use view::{CalendarDay, CalendarDays, FreeGaps, FreeSlots, ResourceDay};

pub(super) fn operations() -> Operations {
    operations![days, free_slots, free_gaps]
}

/// The range of days to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DayQuery {
    /// The first day.
    #[param(value_type = String, format = Date)]
    from: LocalDate,
    /// The last day: `from`, or at most 400 days later.
    #[param(value_type = String, format = Date)]
    to: LocalDate,
}

/// List days with their Hebrew dates, holidays, and opening hours of the business and of each resource.
#[utoipa::path(get, path = "/api/calendar/days", tag = "booking", operation_id = "get_calendar_days", params(DayQuery),
    responses((status = 200, body = CalendarDays)))]
pub(super) async fn days(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<DayQuery>,
) -> Result<Json<CalendarDays>, ApiError> {
    let (from, to) = (query.from.0, query.to.0);
    if to < from {
        return Err(ApiError::invalid("to must not be before from").with_field("to"));
    }
    if to > from.saturating_add(400.days()) {
        return Err(ApiError::invalid("to must be at most 400 days after from").with_field("to"));
    }
    let zone = state.config().business.time_zone.clone();
    let read = crm::read(&state.store, move |tx| {
        let opening = crm::booking::opening(tx, BusinessId::FIRST, &zone, from, to)?;
        Ok((opening, crm::booking::resource_hours(tx, BusinessId::FIRST)?))
    });
    let (opening, resources) = read.await?;
    let reasons = |date, resource| {
        let closures = opening.closures.iter().filter(|closure| closure.resource_id == resource);
        closures.filter(|closure| closure.on(date).is_some()).map(|closure| closure.reason.clone()).collect()
    };
    let dates = from.series(1.day()).take_while(|date| *date <= to);
    let days = dates.map(|date| {
        let of_resource = |resource: &ResourceHours| {
            let opening = opening.of(date, Some(resource.id), resource.own.as_deref());
            ResourceDay::new(resource.id, opening, reasons(date, Some(resource.id)))
        };
        let resources = resources.iter().map(of_resource).collect();
        CalendarDay::new(date, opening.on(date), reasons(date, None), resources)
    });
    Ok(Json(CalendarDays { days: days.collect() }))
}

/// Filters for free times.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FreeSlotQuery {
    /// The id of the service.
    service_id: i64,
    /// The id of the resource; absent: any resource that provides the service.
    resource_id: Option<i64>,
    /// The first day; today by default.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDate>,
    /// The number of days, 1 to 62; 14 by default.
    #[param(minimum = 1, maximum = 62)]
    days: Option<u16>,
    /// The interval between two start times in minutes, 5 to 240; 15 by default.
    #[param(minimum = 5, maximum = 240)]
    step_min: Option<u32>,
    /// Whether the booking is by a contact, for whom `notice_min` of the opening hours applies; false by default.
    for_contact: Option<bool>,
    /// The id of an appointment that is to be moved: its current time counts as free.
    moving: Option<i64>,
}

/// List the free times of a service.
#[utoipa::path(get, path = "/api/free-slots", tag = "booking", operation_id = "get_free_slots", params(FreeSlotQuery),
    responses((status = 200, body = FreeSlots), (status = 409, body = ErrorBody)))]
pub(super) async fn free_slots(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<FreeSlotQuery>,
) -> Result<Json<FreeSlots>, ApiError> {
    let (query, now) = (query.checked()?, clock::now());
    let zone = state.config().business.time_zone.clone();
    let read = crm::read(&state.store, move |tx| slots::free(tx, BusinessId::FIRST, &query, &zone, now));
    Ok(Json(FreeSlots { slots: views(read.await?) }))
}

/// The range of days whose free gaps are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FreeGapQuery {
    /// The first day.
    #[param(value_type = String, format = Date)]
    from: LocalDate,
    /// The number of days, 1 to 31; 7 by default.
    #[param(minimum = 1, maximum = 31)]
    days: Option<u16>,
}

/// List the free gaps in the calendars of the resources.
///
/// A gap is the joined time of all appointments that the resource could take from now on, for any of its services.
#[utoipa::path(get, path = "/api/free-gaps", tag = "booking", operation_id = "get_free_gaps", params(FreeGapQuery),
    responses((status = 200, body = FreeGaps)))]
pub(super) async fn free_gaps(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<FreeGapQuery>,
) -> Result<Json<FreeGaps>, ApiError> {
    let (from, days, now) = (query.from.0, query.days.unwrap_or(7), clock::now());
    if !(1..=MAX_GAP_DAYS).contains(&days) {
        return Err(ApiError::invalid(format!("days must be 1 to {MAX_GAP_DAYS}")).with_field("days"));
    }
    let zone = state.config().business.time_zone.clone();
    let read = crm::read(&state.store, move |tx| slots::gaps(tx, BusinessId::FIRST, (from, days), &zone, now));
    Ok(Json(FreeGaps { gaps: views(read.await?) }))
}

/// Lower than the maximum for free times, because gaps are computed for all services.
const MAX_GAP_DAYS: u16 = 31;

impl FreeSlotQuery {
    fn checked(&self) -> Result<SlotQuery, ApiError> {
        let (days, step_min) = (self.days.unwrap_or(14), self.step_min.unwrap_or(STEP_MIN));
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(ApiError::invalid(format!("days must be 1 to {MAX_DAYS}")).with_field("days"));
        }
        if !(5..=240).contains(&step_min) {
            return Err(ApiError::invalid("step_min must be 5 to 240").with_field("step_min"));
        }
        Ok(SlotQuery {
            service: ServiceId(self.service_id),
            resource: self.resource_id.map(ResourceId),
            from: self.from.map(|date| date.0),
            days,
            step_min,
            for_contact: self.for_contact == Some(true),
            moving: self.moving.map(AppointmentId),
        })
    }
}
