//! `[openai]`: the AI behind calls.

use super::Secret;
use serde::{Deserialize, Serialize};

/// How the end of the caller's turn is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnDetection {
    /// By silence.
    #[default]
    ServerVad,
    /// By what was said.
    SemanticVad,
}

/// The AI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenAiConfig {
    /// Without it calls are answered by voicemail. `OPENAI_API_KEY`.
    pub api_key: Option<Secret>,
    /// OpenAI's or a compatible server's; the realtime socket is the same with `ws`/`wss`. `OPENAI_BASE_URL`.
    pub base_url: String,
    /// The speech-to-speech model.
    pub realtime_model: String,
    /// Its voice.
    pub voice: String,
    /// What writes down the caller's words in a live call.
    pub transcription_model: String,
    /// What writes down recordings.
    pub file_transcription_model: String,
    /// What answers in words, for the turn-by-turn fallback.
    pub chat_model: String,
    /// How the end of the caller's turn is found.
    pub turn_detection: TurnDetection,
    /// Server VAD: how loud is speech, 0 to 1.
    pub vad_threshold: f64,
    /// Server VAD: what is kept from before the speech began.
    pub vad_prefix_padding_ms: u32,
    /// Server VAD: how long a silence ends the turn.
    pub vad_silence_ms: u32,
    /// Semantic VAD: `low`, `medium`, `high` or `auto`.
    pub vad_eagerness: String,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
}

impl Default for OpenAiConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: "https://api.openai.com/v1".into(),
            realtime_model: "gpt-realtime-2.1".into(),
            voice: "marin".into(),
            transcription_model: "gpt-transcribe".into(),
            file_transcription_model: "gpt-transcribe".into(),
            chat_model: "gpt-5-mini".into(),
            turn_detection: TurnDetection::ServerVad,
            vad_threshold: 0.5,
            vad_prefix_padding_ms: 300,
            vad_silence_ms: 500,
            vad_eagerness: "auto".into(),
            max_output_tokens: 1024,
        }
    }
}

impl OpenAiConfig {
    /// The key, if there is one.
    pub fn key(&self) -> Option<&Secret> {
        self.api_key.as_ref().filter(|key| !key.is_empty())
    }
}
