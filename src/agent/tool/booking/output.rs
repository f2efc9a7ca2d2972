//! Converts free times and appointments to the JSON output of the tools.

use crate::crm::caller_booking::{Caller, FreeTime};
use crate::domain::Appointment;
use jiff::civil::DateTime;
use serde_json::{Value, json};

pub(super) fn free_time(time: &FreeTime) -> Value {
    let mut output = json!({"start": start(time.starts_at), "day": day(time.starts_at)});
    if let Some(name) = &time.resource_name {
        output["with"] = name.as_str().into();
    }
    output
}

pub(super) fn appointment(caller: &Caller, appointment: &Appointment) -> Value {
    let at = caller.local(appointment.starts_at);
    let mut output = json!({"service": appointment.service_name, "start": start(at), "day": day(at)});
    if let Some(name) = &appointment.resource_name {
        output["with"] = name.as_str().into();
    }
    output
}

/// Uses the format of the tools' arguments, so that the model can copy the start.
fn start(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Includes the weekday, because models often compute the weekday of a date incorrectly.
fn day(at: DateTime) -> String {
    at.strftime("%A, %-d %B").to_string()
}
