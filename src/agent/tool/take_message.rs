//! The tool that stores a message from the caller to the owner.

use super::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm;
use crate::crm::call::CallerMessage;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct TakeMessage;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// The message, in the caller's language.
    message: String,
    /// The caller's name, if it was given.
    caller_name: Option<String>,
    /// Another number to call back, if it was given.
    callback_number: Option<String>,
}

impl Tool for TakeMessage {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::TakeMessage;
    const DESCRIPTION: &'static str =
        "Write down a message for the owner: who calls, what about, and how to be reached.";
}

impl Run for TakeMessage {
    const TIME_LIMIT: Duration = Duration::from_secs(8);

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let Arguments { message, caller_name, callback_number } = arguments;
        let (call, message) = (context.call.clone(), CallerMessage { message, caller_name, callback_number });
        context.transact(move |tx| crm::call::take_message(tx, &call, &message)).await?;
        Ok(json!({"ok": true}))
    }
}
