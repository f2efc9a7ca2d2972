//! The tool that lists the caller's upcoming appointments.

use super::{TIME_LIMIT, day, output};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError};
use crate::crm::caller_booking;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct FindAppointments;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The day of the appointment, if the caller said it, YYYY-MM-DD.
    day: Option<String>,
}

impl Tool for FindAppointments {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::FindAppointments;
    const DESCRIPTION: &'static str = "Read the caller's coming appointments. It needs the caller's name or the day of the appointment, in the caller's own words.";
}

impl Run for FindAppointments {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let on = day("day", arguments.day.as_deref())?;
        let of = context.caller();
        let found = context.read_for_caller(move |tx, caller| caller_booking::own(tx, caller, on)).await?;
        let found: Vec<_> = found.iter().map(|appointment| output::appointment(&of, appointment)).collect();
        Ok(json!({"appointments": found}))
    }
}
