//! The tool that adds the caller to the waiting list.

use super::{TIME_LIMIT, day};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm::caller_booking::{self, TimeSlotRequest};
use crate::domain::BuiltInTool;
use crate::store::WriteTx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct JoinWaitingList;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The service, by its name in the list.
    service: String,
    /// The first day that suits the caller, YYYY-MM-DD; without it, today.
    from_day: Option<String>,
    /// The last day that suits the caller, YYYY-MM-DD; without it, a week from the first day.
    to_day: Option<String>,
    /// Who or what is to be booked, if the caller asked for it.
    person: Option<String>,
    /// A phone number to reach the caller, only if the caller's own number is withheld or another one was given.
    phone: Option<String>,
    /// The hours that suit the caller, and what else the business should know, in its language.
    note: Option<String>,
}

impl Tool for JoinWaitingList {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::JoinWaitingList;
    const DESCRIPTION: &'static str =
        "Add the caller to the waiting list, if no free time suits and the caller wants to wait for one.";
}

impl Run for JoinWaitingList {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let Arguments { service, from_day, to_day, person, phone, note } = arguments;
        let (from, to) = (day("from_day", from_day.as_deref())?, day("to_day", to_day.as_deref())?);
        let (caller, request) = (
            context.caller(),
            TimeSlotRequest { service, resource_name: person, from, to, ..TimeSlotRequest::default() },
        );
        let join =
            move |tx: &WriteTx<'_>| caller_booking::wait(tx, &caller, &request, (note.as_deref(), phone.as_deref()));
        context.transact(join).await?;
        Ok(json!({"ok": true}))
    }
}
