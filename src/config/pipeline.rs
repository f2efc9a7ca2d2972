//! `[pipeline]`: the engine that combines a transcriber, a language model and a synthesiser.

use super::parser::{base_url, boolean, choice, integer, model_name, optional, secret, token};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::{AllowedValues, text_enum};
use serde::Serialize;

text_enum! {
    /// The service that transcribes the caller's speech.
    Transcriber {
        Soniox = "soniox",
        Deepgram = "deepgram",
        ElevenLabs = "elevenlabs",
        Google = "google",
        /// OpenAI's real-time transcription, or a compatible server at `openai.base_url`.
        OpenAi = "openai",
        /// A server that is compatible with OpenAI's `/audio/transcriptions`.
        Transcription = "transcription",
    }
}

text_enum! {
    /// The service that synthesises the agent's speech.
    Synthesiser {
        Soniox = "soniox",
        ElevenLabs = "elevenlabs",
        Google = "google",
        /// A server that is compatible with OpenAI's `/audio/speech`.
        Speech = "speech",
    }
}

text_enum! {
    /// The API that is used for requests to the language model.
    ModelApi {
        /// The Responses API for OpenAI's own server, chat completions for other servers.
        Auto = "auto",
        /// `/chat/completions`.
        Chat = "chat",
        /// `/responses`.
        Responses = "responses",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PipelineConfig {
    /// The base URL of the language model's server; `None` means `openai.base_url`.
    pub model_base_url: Option<BaseUrl>,
    /// The API key of the language model's server; `None` if the server requires no key.
    pub model_api_key: Option<Secret>,
    pub model_api: ModelApi,
    /// The name of the language model; `None` means `openai.chat_model`.
    pub model: Option<String>,
    /// Whether to request an answer, and to synthesise its first clause, before the end of the caller's turn is
    /// certain. An answer that does not fit the complete turn is discarded, but its tokens are billed.
    pub speculation: bool,
    /// Whether to send a request to the model, and to synthesise the first clause of an answer, twice when the caller
    /// already waits, and to use the faster response.
    pub duplicate_requests: bool,
    pub transcriber: Transcriber,
    /// The base URL of a server that is compatible with OpenAI's `/audio/transcriptions`.
    pub transcription_base_url: Option<BaseUrl>,
    /// The API key of the transcription server; `None` if the server requires no key.
    pub transcription_api_key: Option<Secret>,
    pub transcription_model: String,
    /// The silence after which an utterance is sent to the transcription server, in milliseconds.
    pub transcription_silence_ms: u32,
    pub synthesiser: Synthesiser,
    /// The base URL of a server that is compatible with OpenAI's `/audio/speech`.
    pub speech_base_url: Option<BaseUrl>,
    /// The API key of the speech server; `None` if the server requires no key.
    pub speech_api_key: Option<Secret>,
    pub speech_model: String,
    pub speech_voice: String,
    /// The sample rate of the speech server's PCM audio, in Hz.
    pub speech_sample_rate: u32,
    /// The estimated cost of one hour of calls with all three services, in US cents. This is a setting, because
    /// the servers report no prices.
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
            duplicate_requests: false,
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
    let model = || model_name("gpt-5.6-terra");
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
        pipeline.setting("pipeline.duplicate_requests", |c| &mut c.duplicate_requests, boolean()),
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
        pipeline.setting("pipeline.speech_voice", |c| &mut c.speech_voice, token(AllowedValues::AnyVoice, |_| None)),
        pipeline.setting("pipeline.speech_sample_rate", |c| &mut c.speech_sample_rate, integer(8000..=48_000)),
        pipeline.setting("pipeline.cents_per_hour", |c| &mut c.cents_per_hour, integer(0..=100_000)),
    ]
}
