//! The tools of the AI in a call, as they are described to the model (JSON Schema).
//!
//! The call itself implements `end_call` and `transfer_to_person`; every other tool is a use case of the CRM.

use serde::Deserialize;
use serde_json::{Value, json};

/// The tools for a phone call.
pub fn for_phone(can_transfer: bool) -> Vec<Value> {
    let mut tools = vec![
        tool("end_call", "Hang up. Use it after saying goodbye.", &json!({}), &[]),
        tool(
            TAKE_MESSAGE,
            "Write down a message for the owner: who calls, what about, and how to be reached.",
            &json!({
                "message": {"type": "string", "description": "The message, in the caller's language."},
                "caller_name": {"type": "string", "description": "The caller's name, if it was given."},
                "callback_number": {"type": "string", "description": "Another number to call back, if it was given."},
            }),
            &["message"],
        ),
    ];
    if can_transfer {
        tools.push(tool(
            "transfer_to_person",
            "Put the call through to a person of the business. Say first that you are doing it.",
            &json!({"reason": {"type": "string", "description": "What the caller wants, in a few words of the business's language; the person hears it before accepting."}}),
            &["reason"],
        ));
    }
    tools
}

/// The name of the tool that takes a message.
pub const TAKE_MESSAGE: &str = "take_message";

/// The arguments of [`TAKE_MESSAGE`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TakeMessage {
    /// The message.
    pub message: String,
    /// The caller's name.
    #[serde(default)]
    pub caller_name: Option<String>,
    /// The number to call back.
    #[serde(default)]
    pub callback_number: Option<String>,
}

/// The arguments of `transfer_to_person`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TransferToPerson {
    /// What the caller wants.
    #[serde(default)]
    pub reason: String,
}

impl TakeMessage {
    /// The text for the owner.
    pub fn text(&self) -> String {
        let extras = [&self.caller_name, &self.callback_number];
        let extras: Vec<&str> =
            extras.into_iter().flatten().map(String::as_str).filter(|text| !text.is_empty()).collect();
        if extras.is_empty() { self.message.clone() } else { format!("{} ({})", self.message, extras.join(", ")) }
    }
}

fn tool(name: &str, description: &str, properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "function",
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required},
    })
}
