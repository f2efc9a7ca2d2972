//! The names of the agent's built-in tools, and the tools that the owner defined. A use of such a tool sends one HTTP
//! request to a server that the owner chose.

mod arguments;
mod template;
#[cfg(test)]
mod tests;

pub use arguments::ArgumentError;
pub use template::{UrlTemplate, UrlTemplateError};

use super::{AgentToolId, Timestamp, text_enum};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

text_enum! {
    /// A tool that every agent may have. No tool of the owner may have its name.
    BuiltInTool {
        EndCall = "end_call",
        TakeMessage = "take_message",
        SaveContactDetails = "save_contact_details",
        RecordOptOut = "record_opt_out",
        TransferToPerson = "transfer_to_person",
        FindFreeTimes = "find_free_times",
        BookAppointment = "book_appointment",
        FindAppointments = "find_appointments",
        MoveAppointment = "move_appointment",
        CancelAppointment = "cancel_appointment",
        JoinWaitingList = "join_waiting_list",
        SearchFacts = "search_facts",
        SendWhatsapp = "send_whatsapp",
        CollectKeys = "collect_keys",
    }
}

impl BuiltInTool {
    /// Returns true if a use of the tool changes data, sends something or connects the call with a person.
    pub fn has_effect(self) -> bool {
        match self {
            Self::TakeMessage
            | Self::SaveContactDetails
            | Self::RecordOptOut
            | Self::TransferToPerson
            | Self::BookAppointment
            | Self::MoveAppointment
            | Self::CancelAppointment
            | Self::JoinWaitingList
            | Self::SendWhatsapp => true,
            Self::EndCall | Self::FindFreeTimes | Self::FindAppointments | Self::SearchFacts | Self::CollectKeys => {
                false
            }
        }
    }
}

text_enum! {
    /// How the request of a tool is sent.
    ToolMethod {
        /// The arguments are in the address. The request reads data.
        Get = "GET",
        /// The arguments are in the body. The request may change data.
        Post = "POST",
    }
}

text_enum! {
    /// The type of a tool's parameter.
    ParameterType {
        /// A text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
    }
}

/// A tool that the owner defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTool {
    /// The id: the number of the database row.
    pub id: AgentToolId,
    /// The name by which the model calls the tool.
    pub name: String,
    /// When the agent should use the tool.
    pub description: String,
    /// How the request is sent.
    pub method: ToolMethod,
    /// The address of the request, in the form of a [`UrlTemplate`].
    pub url: String,
    /// The parameters that the model may pass.
    pub parameters: Vec<ToolParameter>,
    /// The headers of the request, with the keys of their secret values.
    pub headers: Vec<ToolHeader>,
    /// The maximum duration of the request, in seconds.
    pub time_limit_s: u32,
    /// Whether the agent may use the tool.
    pub is_enabled: bool,
    /// Since when the tool is deleted.
    pub archived_at: Option<Timestamp>,
    /// When the tool was added.
    pub created_at: Timestamp,
    /// When the tool was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}

/// A parameter that the model may pass to a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolParameter {
    /// The name of the argument, and of its placeholder in the address if there is one.
    pub name: String,
    /// The type of the values.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What the agent should enter.
    pub description: String,
    /// Whether the model must pass the parameter.
    pub required: bool,
    /// The allowed values of a text; empty if all values are allowed.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// A header of a tool's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolHeader {
    /// The name, in lower case.
    pub name: String,
    /// The key of the value in the file of secrets.
    pub secret: String,
}

impl AgentTool {
    /// Returns the JSON Schema of the arguments, which the model receives.
    pub fn schema(&self) -> Value {
        let property = |parameter: &ToolParameter| {
            let mut schema = json!({"type": parameter.kind.as_str(), "description": parameter.description});
            if !parameter.choices.is_empty() {
                schema["enum"] = parameter.choices.clone().into();
            }
            (parameter.name.clone(), schema)
        };
        let properties: Map<String, Value> = self.parameters.iter().map(property).collect();
        let required: Vec<_> = self.parameters.iter().filter(|it| it.required).map(|it| it.name.as_str()).collect();
        json!({"type": "object", "properties": properties, "required": required})
    }
}
