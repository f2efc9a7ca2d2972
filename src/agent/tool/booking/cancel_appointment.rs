//! The tool that cancels an appointment.

use super::{TIME_LIMIT, output, start};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError};
use crate::crm::caller_booking::{self, Caller, OwnTime};
use crate::domain::BuiltInTool;
use crate::store::WriteTx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct CancelAppointment;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The start of the caller's appointment, YYYY-MM-DDTHH:MM.
    start: String,
    /// Who or what the appointment is with, if the caller has several at that time.
    with: Option<String>,
    /// Why, if the caller said it.
    reason: Option<String>,
}

impl Tool for CancelAppointment {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::CancelAppointment;
    const DESCRIPTION: &'static str = "Cancel the caller's appointment, after the caller has confirmed it.";
}

impl Run for CancelAppointment {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let at = start("start", &arguments.start)?;
        let Arguments { with, reason, .. } = arguments;
        let of = context.caller();
        let cancel = move |tx: &WriteTx<'_>, caller: &Caller| {
            caller_booking::cancel(tx, caller, OwnTime { at, with: with.as_deref() }, reason.as_deref())
        };
        let cancelled = context.transact_for_caller(cancel).await?;
        Ok(json!({"cancelled": output::appointment(&of, &cancelled)}))
    }
}
