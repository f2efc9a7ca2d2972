//! The tools for appointments. Each tool calls one function of `crm::caller_booking`.

mod book_appointment;
mod cancel_appointment;
mod find_appointments;
mod find_free_times;
mod join_waiting_list;
mod move_appointment;
mod output;

pub(super) use book_appointment::BookAppointment;
pub(super) use cancel_appointment::CancelAppointment;
pub(super) use find_appointments::FindAppointments;
pub(super) use find_free_times::FindFreeTimes;
pub(super) use join_waiting_list::JoinWaitingList;
pub(super) use move_appointment::MoveAppointment;

use super::ToolError;
use crate::domain::DayTime;
use jiff::civil::{Date, DateTime};
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(8);

/// Parses the optional date argument `name`. Models pass an empty text for a missing argument.
fn day(name: &'static str, text: Option<&str>) -> Result<Option<Date>, ToolError> {
    given(text).map(|text| text.parse().map_err(|_| ToolError::BadValue { name, expected: "YYYY-MM-DD" })).transpose()
}

fn time(name: &'static str, text: Option<&str>) -> Result<Option<DayTime>, ToolError> {
    given(text).map(|text| text.parse().map_err(|_| ToolError::BadValue { name, expected: "HH:MM" })).transpose()
}

fn start(name: &'static str, text: &str) -> Result<DateTime, ToolError> {
    let expected = "YYYY-MM-DDTHH:MM by the business's clock, without a zone";
    text.trim().parse().map_err(|_| ToolError::BadValue { name, expected })
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
