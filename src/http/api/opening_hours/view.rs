//! API types of opening hours.

use crate::crm::booking::hours::WeekHours;
use crate::domain::{self, DayRange, DayTime, EveRule};
use crate::http::ApiError;
use crate::http::api::one_of::OneOf;
use crate::http::etag::Versioned;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

pub(crate) type HolidayRule = OneOf<domain::HolidayRule>;

/// One range of opening hours on a weekday.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursRange {
    /// The weekday: 0 is Sunday, 6 is Saturday.
    #[schema(minimum = 0, maximum = 6)]
    weekday: i8,
    /// The time at which the range begins, `HH:MM`.
    #[schema(value_type = String)]
    from: DayTime,
    /// The time at which the range ends, `HH:MM`; `24:00` is the end of the day.
    #[schema(value_type = String)]
    to: DayTime,
}

/// Rejects a weekday outside 0 to 6.
pub(crate) fn domain_hours(hours: &[HoursRange]) -> Result<Vec<domain::OpeningHours>, ApiError> {
    let read = |one: &HoursRange| {
        let weekday = Weekday::from_sunday_zero_offset(one.weekday)
            .map_err(|_| ApiError::invalid("weekday must be 0 (Sunday) to 6 (Saturday)").with_field("hours"))?;
        Ok(domain::OpeningHours { weekday, range: DayRange { from: one.from, to: one.to } })
    };
    hours.iter().map(read).collect()
}

pub(crate) fn view_hours(hours: &[domain::OpeningHours]) -> Vec<HoursRange> {
    let view = |one: &domain::OpeningHours| HoursRange {
        weekday: one.weekday.to_sunday_zero_offset(),
        from: one.range.from,
        to: one.range.to,
    };
    hours.iter().map(view).collect()
}

/// The opening hours on the eves of holidays: `closed`, `open`, or a closing time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum Eves {
    /// `closed`: the business is closed all day; `open`: the business is open during the usual hours of the weekday.
    Word(HolidayRule),
    /// The business closes at the given time.
    Until(EvesUntil),
}

/// The closing time on the eves of holidays.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvesUntil {
    /// The closing time, `HH:MM`.
    #[schema(value_type = String)]
    to: DayTime,
}

impl From<EveRule> for Eves {
    fn from(rule: EveRule) -> Self {
        match rule {
            EveRule::Closed => Self::Word(OneOf(domain::HolidayRule::Closed)),
            EveRule::Open => Self::Word(OneOf(domain::HolidayRule::Open)),
            EveRule::Until(to) => Self::Until(EvesUntil { to }),
        }
    }
}

impl From<Eves> for EveRule {
    fn from(eves: Eves) -> Self {
        match eves {
            Eves::Word(OneOf(domain::HolidayRule::Closed)) => Self::Closed,
            Eves::Word(OneOf(domain::HolidayRule::Open)) => Self::Open,
            Eves::Until(until) => Self::Until(until.to),
        }
    }
}

/// The opening hours of the business.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OpeningHours {
    /// The ranges of the week, in chronological order.
    hours: Vec<HoursRange>,
    /// Whether the business is open on holidays.
    holidays: HolidayRule,
    /// The opening hours on the eves of holidays.
    eves: Eves,
    /// The minimum number of minutes between a contact's booking and the start of the appointment.
    notice_min: u32,
}

impl Versioned for OpeningHours {}

impl From<WeekHours> for OpeningHours {
    fn from(week: WeekHours) -> Self {
        Self {
            hours: view_hours(&week.hours),
            holidays: week.rules.holidays.into(),
            eves: week.rules.eves.into(),
            notice_min: week.rules.notice_min,
        }
    }
}

/// The new opening hours of the business.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningHoursRequest {
    /// The ranges of the week, at most 70; the ranges of a weekday must not overlap.
    pub(super) hours: Vec<HoursRange>,
    /// Whether the business is open on holidays.
    pub(super) holidays: HolidayRule,
    /// The opening hours on the eves of holidays.
    pub(super) eves: Eves,
    /// The minimum number of minutes between a contact's booking and the start of the appointment, at most 86,400 (60
    /// days); if absent or null, the value is unchanged.
    pub(super) notice_min: Option<u32>,
}
