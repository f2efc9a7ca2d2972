//! Converts free times and appointments to the JSON output of the tools.

use crate::crm::caller_booking::{Caller, FreeTime};
use crate::domain::Appointment;
use jiff::civil::DateTime;
use serde_json::{Value, json};

/// Returns a free time as JSON. Its member `with` is missing if the person or room has no name.
pub(super) fn free_time(time: &FreeTime) -> Value {
    let mut output = json!({"start": start(time.starts_at), "day": day(time.starts_at)});
    if let Some(name) = &time.resource_name {
        output["with"] = name.as_str().into();
    }
    output
}

/// Returns an appointment as JSON, with its start in the business's local time.
pub(super) fn appointment(caller: &Caller, appointment: &Appointment) -> Value {
    let at = caller.local(appointment.starts_at);
    let mut output = json!({"service": appointment.service_name, "start": start(at), "day": day(at)});
    if let Some(name) = &appointment.resource_name {
        output["with"] = name.as_str().into();
    }
    output
}

/// Formats a start in the same format as the arguments of the tools, so that the model can copy it.
fn start(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Formats the day with its weekday, because models often compute the weekday of a date incorrectly.
fn day(at: DateTime) -> String {
    at.strftime("%A, %-d %B").to_string()
}
