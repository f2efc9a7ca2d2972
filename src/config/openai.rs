//! `[openai]`: the account at OpenAI, and the models for calls.

use super::parser::{base_url, boolean, choice, decimal, integer, model_name, optional, secret, voice_name};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::text_enum;
use serde::Serialize;
use std::time::Duration;

text_enum! {
    /// The method that detects the end of the caller's turn.
    TurnDetection {
        /// The turn ends after a silence of a fixed length.
        ServerVad = "server_vad",
        /// A model decides from the caller's words whether the turn has ended.
        SemanticVad = "semantic_vad",
    }
}

text_enum! {
    /// The maximum pause after which semantic turn detection ends the turn.
    Eagerness {
        /// After 8 s at the latest.
        Low = "low",
        /// After 4 s at the latest.
        Medium = "medium",
        /// After 2 s at the latest.
        High = "high",
        /// Chosen by the model; currently equal to `medium`.
        Auto = "auto",
    }
}

text_enum! {
    /// How much a reasoning model thinks before it answers. The caller waits meanwhile.
    ReasoningEffort {
        /// The lowest effort that the model accepts.
        Lowest = "lowest",
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

impl ReasoningEffort {
    /// Returns the values of `reasoning_effort` that are tried in this order, because models accept different ones. If a
    /// model accepts none of them, requests have no effort.
    pub const fn candidates(self) -> &'static [&'static str] {
        match self {
            Self::Lowest => &["none", "minimal"],
            Self::Low => &["low"],
            Self::Medium => &["medium"],
            Self::High => &["high"],
        }
    }

    /// Returns the value for a Realtime session.
    pub const fn of_realtime(self) -> &'static str {
        match self {
            Self::Lowest => "minimal",
            Self::Low | Self::Medium | Self::High => self.as_str(),
        }
    }
}

text_enum! {
    /// The audio of a Realtime session, in both directions.
    AudioFormat {
        /// `audio/pcmu`, mu-law of 8 kHz: telephone audio, which is forwarded without conversion.
        Pcmu = "pcmu",
        /// `audio/pcm`, 16-bit PCM of 24 kHz, for servers that speak no mu-law.
        Pcm = "pcm",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenAiConfig {
    /// The API key. Without it, OpenAI Realtime answers no calls. Environment variable: `OPENAI_API_KEY`.
    pub api_key: Option<Secret>,
    /// The base URL of OpenAI or a compatible server. The realtime WebSocket has the same URL with the scheme `ws` or
    /// `wss`. Environment variable: `OPENAI_BASE_URL`.
    pub base_url: BaseUrl,
    /// The speech-to-speech model.
    pub realtime_model: String,
    /// The model of the engine `live`, which listens and speaks at the same time.
    pub live_model: String,
    pub voice: String,
    pub audio_format: AudioFormat,
    /// The model that transcribes the caller in a live call.
    pub transcription_model: String,
    /// The model that transcribes the caller in the pipeline engine, if `pipeline.transcriber` is `openai`.
    pub live_transcription_model: String,
    /// The model that transcribes recordings.
    pub file_transcription_model: String,
    /// The model that answers in text: in calls that Twilio records turn by turn, for call summaries, and by default in
    /// the pipeline engine.
    pub chat_model: String,
    pub turn_detection: TurnDetection,
    /// Server VAD: the volume above which sound counts as speech, from 0 to 1.
    pub vad_threshold: f64,
    /// Server VAD: how much audio before the start of speech is kept, in milliseconds.
    pub vad_prefix_padding_ms: u32,
    /// Server VAD: the length of a silence that ends the turn, in milliseconds.
    pub vad_silence_ms: u32,
    /// Server VAD: whether the reply is requested after a silence of only 200 ms, and held until the caller has
    /// certainly finished: after `vad_silence_ms`, or after a time that depends on the last words if they are Hebrew.
    /// Without effect if `vad_silence_ms` is below 200 or above 1000.
    pub early_replies: bool,
    /// Semantic VAD: the maximum pause after which the turn ends.
    pub vad_eagerness: Eagerness,
    /// How much the speech-to-speech model and the models that answer in text think before they answer.
    pub reasoning_effort: ReasoningEffort,
    /// Maximum length of an answer, in tokens.
    pub max_output_tokens: u32,
}

impl Default for OpenAiConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: BaseUrl::from_static("https://api.openai.com/v1"),
            realtime_model: "gpt-realtime-2.1".into(),
            live_model: "gpt-live-1".into(),
            voice: "marin".into(),
            audio_format: AudioFormat::Pcmu,
            transcription_model: "gpt-transcribe".into(),
            live_transcription_model: "gpt-live-transcribe".into(),
            file_transcription_model: "gpt-transcribe".into(),
            chat_model: "gpt-5.6-terra".into(),
            turn_detection: TurnDetection::ServerVad,
            vad_threshold: 0.5,
            vad_prefix_padding_ms: 300,
            vad_silence_ms: 500,
            early_replies: false,
            vad_eagerness: Eagerness::Auto,
            reasoning_effort: ReasoningEffort::Lowest,
            max_output_tokens: 1024,
        }
    }
}

impl OpenAiConfig {
    pub fn key(&self) -> Option<&Secret> {
        Secret::present(self.api_key.as_ref())
    }

    fn replies_early(&self) -> bool {
        let has_room = (EARLY_SILENCE_MS..=MAX_HELD_SILENCE_MS).contains(&self.vad_silence_ms);
        self.early_replies && has_room && self.turn_detection == TurnDetection::ServerVad
    }

    /// Returns the silence after which the server ends the turn, in milliseconds. With semantic VAD, the server ignores
    /// this value.
    pub fn server_silence_ms(&self) -> u32 {
        if self.replies_early() { EARLY_SILENCE_MS } else { self.vad_silence_ms }
    }

    /// Returns the silence after which the caller hears a reply that was requested early, unless the caller's last
    /// words determine another time. Returns `None` if replies are not requested early.
    pub fn hold_replies(&self) -> Option<Duration> {
        self.replies_early().then(|| Duration::from_millis(self.vad_silence_ms.into()))
    }
}

/// The silence after which a reply is requested early. A shorter silence also occurs within words.
const EARLY_SILENCE_MS: u32 = 200;
/// The longest `vad_silence_ms` with which replies are requested early. It is below the 1.5 s after the end of the
/// caller's voice for which the call's logic holds a reply at most.
const MAX_HELD_SILENCE_MS: u32 = 1000;

pub(super) fn settings() -> Vec<Setting<OpenAiConfig>> {
    let openai = Section::<OpenAiConfig>::new();
    let model = || model_name("gpt-realtime-2.1");
    vec![
        openai.secret_setting("openai.api_key", |c| &mut c.api_key, optional(secret())).env("OPENAI_API_KEY"),
        openai.setting("openai.base_url", |c| &mut c.base_url, base_url()).env("OPENAI_BASE_URL"),
        openai.setting("openai.realtime_model", |c| &mut c.realtime_model, model()),
        openai.setting("openai.live_model", |c| &mut c.live_model, model()),
        openai.setting("openai.voice", |c| &mut c.voice, voice_name("marin")),
        openai.setting("openai.audio_format", |c| &mut c.audio_format, choice(AudioFormat::ALL, AudioFormat::as_str)),
        openai.setting("openai.transcription_model", |c| &mut c.transcription_model, model()),
        openai.setting("openai.live_transcription_model", |c| &mut c.live_transcription_model, model()),
        openai.setting("openai.file_transcription_model", |c| &mut c.file_transcription_model, model()),
        openai.setting("openai.chat_model", |c| &mut c.chat_model, model()),
        openai.setting(
            "openai.turn_detection",
            |c| &mut c.turn_detection,
            choice(TurnDetection::ALL, TurnDetection::as_str),
        ),
        openai.setting("openai.vad_threshold", |c| &mut c.vad_threshold, decimal(0.0..=1.0)),
        openai.setting("openai.vad_prefix_padding_ms", |c| &mut c.vad_prefix_padding_ms, integer(0..=2000)),
        openai.setting("openai.vad_silence_ms", |c| &mut c.vad_silence_ms, integer(100..=5000)),
        openai.setting("openai.early_replies", |c| &mut c.early_replies, boolean()),
        openai.setting("openai.vad_eagerness", |c| &mut c.vad_eagerness, choice(Eagerness::ALL, Eagerness::as_str)),
        openai.setting(
            "openai.reasoning_effort",
            |c| &mut c.reasoning_effort,
            choice(ReasoningEffort::ALL, ReasoningEffort::as_str),
        ),
        openai.setting("openai.max_output_tokens", |c| &mut c.max_output_tokens, integer(16..=4096)),
    ]
}
