//! `[agent]`: the agent's instructions, language and transfer number.

use super::parser::{boolean, choice, free_text, integer, language, optional, phone_number, pronunciation};
use super::setting::{Section, Setting};
use super::value_kind::ValueKind;
use crate::domain::{Language, PhoneNumber, text_enum};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct AgentConfig {
    /// The owner's instructions for the agent: facts about the business, and how the agent should behave.
    pub instructions: String,
    /// The language in which the agent starts a conversation (ISO 639-1).
    pub language: String,
    /// The phone number to which calls are transferred (E.164); `None` switches transfers off.
    pub transfer_to: Option<PhoneNumber>,
    /// The pronunciation of words, one word per line: `written = spoken`.
    pub pronunciation: String,
    /// Whether the agent may send WhatsApp messages to the caller during a call.
    pub send_whatsapp: bool,
    /// Whether the agent confirms an appointment that it booked, moved or cancelled in a call by a WhatsApp message to
    /// the caller.
    pub confirm_appointments: bool,
    /// Whether a WhatsApp message is sent to a caller whose call ended before the agent could help.
    pub text_missed_callers: bool,
    /// The text of the message to a caller whose call ended before the agent could help; empty for the built-in text in
    /// the agent's language.
    pub missed_call_text: String,
    /// The calls after which a notification is sent to the owner, through the channels of the alerts.
    pub call_notices: CallNotices,
    /// Whether the AI summarizes each call after it has ended.
    pub summaries: bool,
    /// The hour of the day from which the agent makes calls that employees requested.
    pub calls_from_hour: u32,
    /// The hour of the day until which the agent makes calls that employees requested.
    pub calls_until_hour: u32,
}

text_enum! {
    /// The calls after which a notification is sent to the owner.
    CallNotices {
        Off = "off",
        /// After calls that need attention: calls with a booking, a task, a new lead or a message, and calls whose
        /// caller waits for an answer.
        Important = "important",
        All = "all",
    }
}

impl AgentConfig {
    /// Returns the language of the built-in sentences: Hebrew if the agent speaks Hebrew, else English.
    pub fn built_in_language(&self) -> Language {
        Language::for_tag(&self.language)
    }
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            language: "he".into(),
            transfer_to: None,
            pronunciation: String::new(),
            send_whatsapp: true,
            confirm_appointments: true,
            text_missed_callers: false,
            missed_call_text: String::new(),
            call_notices: CallNotices::Off,
            summaries: true,
            calls_from_hour: 9,
            calls_until_hour: 19,
        }
    }
}

pub(super) fn settings() -> Vec<Setting<AgentConfig>> {
    let agent = Section::<AgentConfig>::new();
    vec![
        agent.setting("agent.instructions", |c| &mut c.instructions, free_text().of_kind(ValueKind::LongText)),
        agent.setting("agent.language", |c| &mut c.language, language()),
        agent.setting("agent.transfer_to", |c| &mut c.transfer_to, optional(phone_number())),
        agent.setting("agent.pronunciation", |c| &mut c.pronunciation, pronunciation()),
        agent.setting("agent.send_whatsapp", |c| &mut c.send_whatsapp, boolean()),
        agent.setting("agent.summaries", |c| &mut c.summaries, boolean()),
        agent.setting("agent.call_notices", |c| &mut c.call_notices, choice(CallNotices::ALL, CallNotices::as_str)),
        agent.setting("agent.confirm_appointments", |c| &mut c.confirm_appointments, boolean()),
        agent.setting("agent.text_missed_callers", |c| &mut c.text_missed_callers, boolean()),
        agent.setting("agent.missed_call_text", |c| &mut c.missed_call_text, free_text().of_kind(ValueKind::LongText)),
        agent.setting("agent.calls_from_hour", |c| &mut c.calls_from_hour, integer(0..=23)),
        agent.setting("agent.calls_until_hour", |c| &mut c.calls_until_hour, integer(1..=24)),
    ]
}
