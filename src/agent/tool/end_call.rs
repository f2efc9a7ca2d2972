//! The tool that ends the phone call.

use super::{ControlCall, Tool};
use crate::call::ToolCall;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct EndCall;

#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct Arguments {}

impl Tool for EndCall {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::EndCall;
    const DESCRIPTION: &'static str = "Hang up. Use it after saying goodbye.";
}

impl ControlCall for EndCall {
    fn control(Arguments {}: Arguments) -> ToolCall {
        ToolCall::EndCall
    }
}
