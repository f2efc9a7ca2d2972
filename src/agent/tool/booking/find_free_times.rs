//! The tool that lists free times for a service.

use super::{TIME_LIMIT, day, output, time};
use crate::agent::tool::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm::caller_booking::{self, TimeSlotRequest};
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(in crate::agent::tool) struct FindFreeTimes;

#[derive(Deserialize, JsonSchema)]
pub(in crate::agent::tool) struct Arguments {
    /// The service, by its name in the list.
    service: String,
    /// The first day that suits the caller, YYYY-MM-DD; without it, today.
    from_day: Option<String>,
    /// The last day that suits the caller, YYYY-MM-DD; without it, only the first day, or a week if both are missing.
    to_day: Option<String>,
    /// The earliest start of a day, HH:MM.
    earliest: Option<String>,
    /// The latest start of a day, HH:MM.
    latest: Option<String>,
    /// Who or what is to be booked, by its name in the list, if the caller asked for it.
    person: Option<String>,
}

impl Tool for FindFreeTimes {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::FindFreeTimes;
    const DESCRIPTION: &'static str =
        "Read the free times for a service. Use it before you offer a time or say that a time is free or taken.";
}

impl Run for FindFreeTimes {
    const TIME_LIMIT: Duration = TIME_LIMIT;

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let request = TimeSlotRequest {
            from: day("from_day", arguments.from_day.as_deref())?,
            to: day("to_day", arguments.to_day.as_deref())?,
            earliest: time("earliest", arguments.earliest.as_deref())?,
            latest: time("latest", arguments.latest.as_deref())?,
            service: arguments.service,
            resource_name: arguments.person,
        };
        let caller = context.caller();
        let offers = context.read(move |tx| caller_booking::free_times(tx, &caller, &request)).await?;
        let times: Vec<_> = offers.times.iter().map(output::free_time).collect();
        let has_none = times.is_empty();
        let mut answer =
            json!({"service": offers.service.name, "minutes": offers.service.duration_min, "free_times": times});
        if has_none {
            answer["next_free_time"] = offers.next.as_ref().map_or(Value::Null, output::free_time);
        }
        Ok(answer)
    }
}
