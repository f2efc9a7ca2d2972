//! `[voice]`: how calls go.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which engine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineChoice {
    /// The AI where its key is set, else voicemail.
    #[default]
    Auto,
    /// OpenAI Realtime.
    Realtime,
    /// Takes a message; needs no key.
    Voicemail,
}

/// How calls go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceConfig {
    /// Which engine answers.
    pub engine: EngineChoice,
    /// The greeting, an MP3 of at most 10 s; none means the shipped one.
    pub greeting_file: Option<PathBuf>,
    /// What is played before Twilio records; none means the shipped one.
    pub fallback_file: Option<PathBuf>,
    /// How far ahead of the caller's ear we send, in milliseconds.
    pub lead_ms: u32,
    /// The first "are you there?" after this much silence, in seconds; 0 means never.
    pub idle_prompt_s: u32,
    /// The longest call, in seconds.
    pub max_call_s: u32,
    /// Keep the sound of calls.
    pub recording: bool,
    /// The longest message that a caller may leave, in seconds.
    pub message_max_s: u32,
    /// The silence that ends a message, in seconds.
    pub message_silence_s: u32,
    /// Let the AI speak first when the stream begins. The greeting has been played by then.
    pub agent_speaks_first: bool,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Auto,
            greeting_file: None,
            fallback_file: None,
            lead_ms: 800,
            idle_prompt_s: 10,
            max_call_s: 1800,
            recording: true,
            message_max_s: 120,
            message_silence_s: 4,
            agent_speaks_first: false,
        }
    }
}
