//! `[pipeline]`: the engine that is made of a transcriber, a language model and a synthesiser.

use super::parser::{base_url, boolean, choice, integer, optional, secret, token};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::text_enum;
use serde::Serialize;

text_enum! {
    /// What writes down what the caller says.
    Transcriber {
        /// Soniox.
        Soniox = "soniox",
        /// Deepgram.
        Deepgram = "deepgram",
        /// ElevenLabs.
        ElevenLabs = "elevenlabs",
        /// A server with OpenAI's `/audio/transcriptions`.
        Transcription = "transcription",
    }
}

text_enum! {
    /// What speaks the agent's answers.
    Synthesiser {
        /// Soniox.
        Soniox = "soniox",
        /// ElevenLabs.
        ElevenLabs = "elevenlabs",
        /// A server with OpenAI's `/audio/speech`.
        Speech = "speech",
    }
}

text_enum! {
    /// How the language model is asked.
    ModelApi {
        /// The Responses API at OpenAI, chat completions elsewhere.
        Auto = "auto",
        /// `/chat/completions`.
        Chat = "chat",
        /// `/responses`.
        Responses = "responses",
    }
}

/// The pipeline engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PipelineConfig {
    /// The address of a server with OpenAI's `/chat/completions`; none means `openai.base_url`.
    pub model_base_url: Option<BaseUrl>,
    /// The key of that server; none means that it needs none.
    pub model_api_key: Option<Secret>,
    /// How that server is asked.
    pub model_api: ModelApi,
    /// The language model; none means `openai.chat_model`.
    pub model: Option<String>,
    /// Request an answer, and synthesise its first clause, before the caller's turn has certainly ended. An answer that does not fit
    /// the turn is paid for and not used.
    pub speculation: bool,
    /// What writes down what the caller says.
    pub transcriber: Transcriber,
    /// The address of a server with OpenAI's `/audio/transcriptions`.
    pub transcription_base_url: Option<BaseUrl>,
    /// The key of that server; none means that it needs none.
    pub transcription_api_key: Option<Secret>,
    pub transcription_model: String,
    /// The silence after which an utterance is sent to it, in milliseconds.
    pub transcription_silence_ms: u32,
    /// What speaks.
    pub synthesiser: Synthesiser,
    /// The address of a server with OpenAI's `/audio/speech`.
    pub speech_base_url: Option<BaseUrl>,
    /// The key of that server; none means that it needs none.
    pub speech_api_key: Option<Secret>,
    pub speech_model: String,
    pub speech_voice: String,
    /// The sample rate of its PCM audio, in Hz.
    pub speech_sample_rate: u32,
    /// What an hour of a call costs with all three parts, in US cents; the servers report no prices.
    pub cents_per_hour: u32,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            model_base_url: None,
            model_api_key: None,
            model_api: ModelApi::Auto,
            model: None,
            speculation: true,
            transcriber: Transcriber::Soniox,
            transcription_base_url: None,
            transcription_api_key: None,
            transcription_model: "whisper-1".into(),
            transcription_silence_ms: 600,
            synthesiser: Synthesiser::Soniox,
            speech_base_url: None,
            speech_api_key: None,
            speech_model: "tts-1".into(),
            speech_voice: "alloy".into(),
            speech_sample_rate: 24_000,
            cents_per_hour: 150,
        }
    }
}

pub(super) fn settings() -> Vec<Setting<PipelineConfig>> {
    let pipeline = Section::<PipelineConfig>::new();
    let model = || token("a model's name, such as gpt-5.6-terra", |_| None);
    vec![
        pipeline
            .setting("pipeline.model_base_url", |c| &mut c.model_base_url, optional(base_url()))
            .env("PIPELINE_MODEL_BASE_URL"),
        pipeline
            .secret_setting("pipeline.model_api_key", |c| &mut c.model_api_key, optional(secret()))
            .env("PIPELINE_MODEL_API_KEY"),
        pipeline.setting("pipeline.model_api", |c| &mut c.model_api, choice(ModelApi::ALL, ModelApi::as_str)),
        pipeline.setting("pipeline.model", |c| &mut c.model, optional(model())),
        pipeline.setting("pipeline.speculation", |c| &mut c.speculation, boolean()),
        pipeline.setting("pipeline.transcriber", |c| &mut c.transcriber, choice(Transcriber::ALL, Transcriber::as_str)),
        pipeline
            .setting("pipeline.transcription_base_url", |c| &mut c.transcription_base_url, optional(base_url()))
            .env("PIPELINE_TRANSCRIPTION_BASE_URL"),
        pipeline
            .secret_setting("pipeline.transcription_api_key", |c| &mut c.transcription_api_key, optional(secret()))
            .env("PIPELINE_TRANSCRIPTION_API_KEY"),
        pipeline.setting("pipeline.transcription_model", |c| &mut c.transcription_model, model()),
        pipeline.setting("pipeline.transcription_silence_ms", |c| &mut c.transcription_silence_ms, integer(200..=3000)),
        pipeline.setting("pipeline.synthesiser", |c| &mut c.synthesiser, choice(Synthesiser::ALL, Synthesiser::as_str)),
        pipeline
            .setting("pipeline.speech_base_url", |c| &mut c.speech_base_url, optional(base_url()))
            .env("PIPELINE_SPEECH_BASE_URL"),
        pipeline
            .secret_setting("pipeline.speech_api_key", |c| &mut c.speech_api_key, optional(secret()))
            .env("PIPELINE_SPEECH_API_KEY"),
        pipeline.setting("pipeline.speech_model", |c| &mut c.speech_model, model()),
        pipeline.setting("pipeline.speech_voice", |c| &mut c.speech_voice, token("a voice's name", |_| None)),
        pipeline.setting("pipeline.speech_sample_rate", |c| &mut c.speech_sample_rate, integer(8000..=48_000)),
        pipeline.setting("pipeline.cents_per_hour", |c| &mut c.cents_per_hour, integer(0..=100_000)),
    ]
}
