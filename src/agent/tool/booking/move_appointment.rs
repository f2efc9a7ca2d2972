//! The tool that moves an appointment to another time.

use super::{TIME_LIMIT, output, start};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError};
use crate::crm::caller_booking::{self, Caller, OwnTime};
use crate::domain::BuiltInTool;
use crate::store::WriteTx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct MoveAppointment;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The present start of the caller's appointment, YYYY-MM-DDTHH:MM.
    start: String,
    /// Who or what the appointment is with at present, if the caller has several at that time.
    with: Option<String>,
    /// The new start, YYYY-MM-DDTHH:MM, as find_free_times returned it.
    new_start: String,
    /// Who or what is to be booked, if the caller asks for another one.
    person: Option<String>,
}

impl Tool for MoveAppointment {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::MoveAppointment;
    const DESCRIPTION: &'static str =
        "Move the caller's appointment to another time, after the caller has confirmed it.";
}

impl Run for MoveAppointment {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let (at, to) = (start("start", &arguments.start)?, start("new_start", &arguments.new_start)?);
        let Arguments { with, person, .. } = arguments;
        let of = context.caller();
        let shift = move |tx: &WriteTx<'_>, caller: &Caller| {
            let own = OwnTime { at, with: with.as_deref() };
            caller_booking::reschedule(tx, caller, own, (to, person.as_deref()))
        };
        let moved = context.transact_for_caller(shift).await?;
        Ok(json!({"moved_to": output::appointment(&of, &moved)}))
    }
}
