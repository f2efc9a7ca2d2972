//! The tool with which the agent asks for a number that the caller enters with the keys of the phone.

use super::{ControlCall, Tool};
use crate::call::ToolCall;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct CollectKeys;

/// The maximum number of digits.
const MAX_DIGITS: u8 = 30;

#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct Arguments {
    #[schemars(range(min = 1, max = 30))]
    /// The exact number of digits. Leave it out if you do not know it; the caller then presses # at the end.
    digits: Option<u8>,
}

impl Tool for CollectKeys {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::CollectKeys;
    const DESCRIPTION: &'static str = "Wait for a number that the caller enters with the keys of the phone: an identity, order or phone number that is \
         long, or that you did not understand twice. In the same answer ask for it, and say that * starts again and, if \
         its length is not fixed, that # ends it. The keys arrive as a message. A caller may say the number instead.";
}

impl ControlCall for CollectKeys {
    fn control(arguments: Arguments) -> ToolCall {
        ToolCall::CollectKeys { digits: arguments.digits.filter(|digits| (1..=MAX_DIGITS).contains(digits)) }
    }
}
