//! `[agent]`: the agent's instructions, language and transfer number.

use super::parser::{free_text, language, optional, phone_number};
use super::setting::{Setting, setting};
use super::value_kind::ValueKind;
use crate::domain::PhoneNumber;
use serde::Serialize;

/// The agent: its instructions, language and transfer number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentConfig {
    /// What the agent should know and do, in the owner's words.
    pub instructions: String,
    /// The language in which it starts, ISO 639-1.
    pub language: String,
    /// The phone number to which a call is transferred, E.164; none means that calls are not transferred.
    pub transfer_to: Option<PhoneNumber>,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self { instructions: String::new(), language: "he".into(), transfer_to: None }
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("agent.instructions", |c| &mut c.agent.instructions, free_text().of_kind(ValueKind::LongText)),
        setting("agent.language", |c| &mut c.agent.language, language()),
        setting("agent.transfer_to", |c| &mut c.agent.transfer_to, optional(phone_number())),
    ]
}
