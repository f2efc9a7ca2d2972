//! What the model receives about times and appointments.

use crate::crm::caller_booking::{Caller, FreeTime};
use crate::domain::Appointment;
use jiff::civil::DateTime;
use serde_json::{Value, json};

/// A free time.
pub(super) fn free_time(time: &FreeTime) -> Value {
    let mut output = json!({"start": start(time.starts_at), "day": day(time.starts_at)});
    if let Some(person) = &time.person {
        output["with"] = person.as_str().into();
    }
    output
}

/// An appointment.
pub(super) fn appointment(caller: &Caller, appointment: &Appointment) -> Value {
    let at = caller.local(appointment.starts_at);
    let mut output = json!({"service": appointment.service_name, "start": start(at), "day": day(at)});
    if let Some(person) = &appointment.resource_name {
        output["with"] = person.as_str().into();
    }
    output
}

/// In the form that the tools take.
fn start(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Models are bad at weekdays.
fn day(at: DateTime) -> String {
    at.strftime("%A, %-d %B").to_string()
}
