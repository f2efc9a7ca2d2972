//! The tool that records that the caller wants no more calls and messages.

use super::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm::contact;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct RecordOptOut;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {}

impl Tool for RecordOptOut {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::RecordOptOut;
    const DESCRIPTION: &'static str = "Record that the caller wants no more calls and messages from the business, once the caller has clearly asked for \
                                       that. Do not use it for a caller who only wants to end this call, or does not want one message. Afterwards \
                                       say that it is recorded. The caller can still call the business.";
}

impl Run for RecordOptOut {
    const TIME_LIMIT: Duration = Duration::from_secs(8);

    async fn run(context: &ToolContext, Arguments {}: Arguments) -> Result<Value, ToolError> {
        // A trial call has no number, which a real call needs for this.
        if !context.is_trial() {
            let (call, now) = (context.call.clone(), context.now());
            context.transact(move |tx| contact::opt_out_in_call(tx, &call, now)).await?;
        }
        Ok(json!({"ok": true}))
    }
}
