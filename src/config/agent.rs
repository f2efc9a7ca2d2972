//! `[agent]`: the agent's instructions, language and transfer number.

use super::parser::{boolean, choice, free_text, language, optional, phone_number, pronunciation};
use super::setting::{Setting, setting};
use super::value_kind::ValueKind;
use crate::domain::{PhoneNumber, text_enum};
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
    /// How words are pronounced, a line each: `written = spoken`.
    pub pronunciation: String,
    /// Whether a caller gets a WhatsApp message about an appointment that the agent booked, moved or cancelled in the call.
    pub confirm_appointments: bool,
    /// Whether a caller who hung up before the agent could help gets a WhatsApp message.
    pub text_missed_callers: bool,
    /// That message; empty: the built-in one in the agent's language.
    pub missed_call_text: String,
    /// After which calls the owner gets a message, by the channels of the alerts.
    pub call_notices: CallNotices,
    /// Whether the AI summarizes each call after its end.
    pub summaries: bool,
}

text_enum! {
    /// After which calls the owner gets a message.
    CallNotices {
        /// After none.
        Off = "off",
        /// After those from which something has come, or whose caller waits for an answer.
        Important = "important",
        /// After all.
        All = "all",
    }
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            language: "he".into(),
            transfer_to: None,
            pronunciation: String::new(),
            confirm_appointments: true,
            text_missed_callers: false,
            missed_call_text: String::new(),
            call_notices: CallNotices::Off,
            summaries: true,
        }
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("agent.instructions", |c| &mut c.agent.instructions, free_text().of_kind(ValueKind::LongText)),
        setting("agent.language", |c| &mut c.agent.language, language()),
        setting("agent.transfer_to", |c| &mut c.agent.transfer_to, optional(phone_number())),
        setting("agent.pronunciation", |c| &mut c.agent.pronunciation, pronunciation()),
        setting("agent.summaries", |c| &mut c.agent.summaries, boolean()),
        setting("agent.call_notices", |c| &mut c.agent.call_notices, choice(CallNotices::ALL, CallNotices::as_str)),
        setting("agent.confirm_appointments", |c| &mut c.agent.confirm_appointments, boolean()),
        setting("agent.text_missed_callers", |c| &mut c.agent.text_missed_callers, boolean()),
        setting("agent.missed_call_text", |c| &mut c.agent.missed_call_text, free_text().of_kind(ValueKind::LongText)),
    ]
}
