//! The tool that books an appointment.

use super::{TIME_LIMIT, output, start};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm::caller_booking::{self, CallerBooking};
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct BookAppointment;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The service, by its name in the list.
    service: String,
    /// The start, YYYY-MM-DDTHH:MM, as find_free_times returned it.
    start: String,
    /// Who or what is to be booked, if the caller asked for it.
    person: Option<String>,
    /// The caller's name.
    caller_name: Option<String>,
    /// A phone number to reach the caller, only if the caller's own number is withheld or another one was given.
    phone: Option<String>,
    /// What the business should know for the appointment, in the business's language.
    note: Option<String>,
}

impl Tool for BookAppointment {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::BookAppointment;
    const DESCRIPTION: &'static str =
        "Book an appointment for the caller, after the caller has confirmed service, day and time.";
}

impl Run for BookAppointment {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let Arguments { service, start: at, person, caller_name: name, phone, note } = arguments;
        let booking =
            CallerBooking { service, resource_name: person, starts_at: start("start", &at)?, name, phone, note };
        let (caller, of) = (context.caller(), context.caller());
        let (booked, is_repeated) = context.transact(move |tx| caller_booking::book(tx, &caller, &booking)).await?;
        let mut answer = json!({"booked": output::appointment(&of, &booked)});
        if is_repeated {
            answer["note"] = REPEATED.into();
        }
        Ok(answer)
    }
}

const REPEATED: &str = "This appointment was already booked in this call, and no second one was made. For a second person at this \
    time, name another person who gives the service; to change the person, use move_appointment.";
