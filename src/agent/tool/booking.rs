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
    // jiff's own parser ignores an offset, a zone, and a missing time.
    let text = text.trim().replacen(' ', "T", 1);
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let found = forms.iter().find_map(|form| DateTime::strptime(form, &text).ok());
    found.ok_or(ToolError::BadValue { name, expected })
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_has_a_time_and_no_zone() {
        for text in ["2026-11-30T12:00", "2026-11-30 12:00", " 2026-11-30T12:00:00 "] {
            assert_eq!(start("start", text).unwrap(), jiff::civil::date(2026, 11, 30).at(12, 0, 0, 0), "{text}");
        }
        for text in [
            "2026-11-30",
            "2026-11-30T12:00Z",
            "2026-11-30T12:00+00:00",
            "2026-11-30T12:00-05:00",
            "2026-11-30T12:00[America/New_York]",
            "12:00",
            "",
        ] {
            assert!(start("start", text).is_err(), "{text}");
        }
    }
}
