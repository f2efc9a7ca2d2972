//! The tool that stores a message from the caller to the owner.

use super::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm;
use crate::crm::call::CallerMessage;
use crate::crm::contact_details;
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
        // The message is stored in any case, because the caller can hang up before the number is repeated.
        let unclear = callback_number
            .as_deref()
            .map(str::trim)
            .is_some_and(|said| !said.is_empty() && !contact_details::is_number(said));
        let (call, message) = (context.call.clone(), CallerMessage { message, caller_name, callback_number });
        context.transact(move |tx| crm::call::take_message(tx, &call, &message)).await?;
        Ok(if unclear {
            json!({"ok": true, "problem": "callback_number is not a phone number in digits: ask the caller to repeat it, and store it with save_contact_details"})
        } else {
            json!({"ok": true})
        })
    }
}
