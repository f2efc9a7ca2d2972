//! The tool that sends a WhatsApp message to the caller.

use super::{Run, Tool, ToolContext, ToolError};
use crate::crm::caller_text::{CallerText, TextRefusal};
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct SendWhatsapp;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// The complete message, in the caller's language: for example the address, a link or a price. It says what it is ("Our address:
    /// …") and has only what the instructions or a tool say.
    text: String,
}

impl Tool for SendWhatsapp {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::SendWhatsapp;
    const DESCRIPTION: &'static str =
        "Send a WhatsApp message to the number that the caller calls from, once the caller has agreed to it.";
}

impl Run for SendWhatsapp {
    const TIME_LIMIT: Duration = Duration::from_secs(8);

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        match context.write_to_caller(arguments.text).await? {
            CallerText::Queued(_) => Ok(json!({"ok": true, "note": QUEUED})),
            CallerText::Refused(why) => Err(ToolError::NotSent(reason(&why))),
            CallerText::Unneeded => Err(ToolError::NotSent("the call is not stored")),
        }
    }
}

fn reason(why: &TextRefusal) -> &'static str {
    match why {
        TextRefusal::NoNumber => "the caller's number is withheld",
        TextRefusal::NoMobileNumber => "the caller's number is not a mobile number",
        TextRefusal::TooMany => "the caller has got enough messages today",
        TextRefusal::Policy(_) => "WhatsApp or the business's settings do not permit a message to this number now",
    }
}

const QUEUED: &str = "It is on its way. Whether it arrives is not known: do not say that it has arrived.";
