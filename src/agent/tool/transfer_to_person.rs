//! The tool that transfers the caller to a human agent.

use super::{ControlCall, Tool};
use crate::call::ToolCall;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct TransferToPerson;

#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// What the caller wants, in a few words of the business's language; the person hears it before accepting.
    reason: String,
}

impl Tool for TransferToPerson {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::TransferToPerson;
    const DESCRIPTION: &'static str =
        "Put the call through to a person of the business. Say first that you are doing it.";
}

impl ControlCall for TransferToPerson {
    fn control(arguments: Arguments) -> ToolCall {
        ToolCall::Transfer { reason: arguments.reason.trim().to_owned() }
    }
}
