//! `[pipeline]`: the engine that is made of a transcriber, a language model and a synthesiser.

use super::parser::{base_url, boolean, choice, integer, optional, secret, token};
use super::setting::{Setting, secret_setting, setting};
use super::{BaseUrl, Config, OpenAiConfig, Secret};
use crate::domain::text_enum;
use serde::Serialize;
use std::time::Duration;

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
    /// Request an answer before the caller's turn has certainly ended; one that does not fit is paid for and not used.
    pub speculation: bool,
    /// What writes down what the caller says.
    pub transcriber: Transcriber,
    /// The address of a server with OpenAI's `/audio/transcriptions`.
    pub transcription_base_url: Option<BaseUrl>,
    /// The key of that server; none means that it needs none.
    pub transcription_api_key: Option<Secret>,
    /// Its model.
    pub transcription_model: String,
    /// The silence after which an utterance is sent to it, in milliseconds.
    pub transcription_silence_ms: u32,
    /// What speaks.
    pub synthesiser: Synthesiser,
    /// The address of a server with OpenAI's `/audio/speech`.
    pub speech_base_url: Option<BaseUrl>,
    /// The key of that server; none means that it needs none.
    pub speech_api_key: Option<Secret>,
    /// Its model.
    pub speech_model: String,
    /// Its voice.
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

/// A server of the language model.
#[derive(Clone, Copy, Debug)]
pub struct ModelServer<'c> {
    /// Its address.
    pub base_url: &'c BaseUrl,
    /// Its key, if it needs one.
    pub key: Option<&'c Secret>,
    /// The model.
    pub model: &'c str,
    /// Whether it is asked by the Responses API, else by chat completions.
    pub uses_responses: bool,
}

/// A server that transcribes files.
#[derive(Clone, Copy, Debug)]
pub struct TranscriptionServer<'c> {
    /// Its address.
    pub base_url: &'c BaseUrl,
    /// Its key, if it needs one.
    pub key: Option<&'c Secret>,
    /// The model.
    pub model: &'c str,
}

/// A speech service that needs a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpeechService {
    /// Its word in `pipeline.transcriber` and `pipeline.synthesiser`.
    pub(super) name: &'static str,
    pub(super) key_setting: &'static str,
    pub(super) has_key: bool,
    /// Whether the pipeline transcribes or speaks by it.
    pub(super) is_used: bool,
}

impl Config {
    /// The server of the pipeline's language model; none if it has no key and needs one. The key of OpenAI is sent to
    /// `openai.base_url` alone.
    pub fn model_server(&self) -> Option<ModelServer<'_>> {
        let (pipeline, openai) = (&self.pipeline, &self.openai);
        let model = pipeline.model.as_deref().unwrap_or(&openai.chat_model);
        let uses_responses = match pipeline.model_api {
            ModelApi::Auto => pipeline.model_base_url.is_none() && openai.base_url == OpenAiConfig::default().base_url,
            ModelApi::Chat => false,
            ModelApi::Responses => true,
        };
        match &pipeline.model_base_url {
            Some(base_url) => {
                let key = Secret::present(pipeline.model_api_key.as_ref());
                Some(ModelServer { base_url, key, model, uses_responses })
            }
            None => Some(ModelServer { base_url: &openai.base_url, key: Some(openai.key()?), model, uses_responses }),
        }
    }

    /// The settings that the pipeline engine lacks; empty if it can answer calls.
    pub fn missing_for_pipeline(&self) -> Vec<&'static str> {
        let PipelineConfig { transcriber, synthesiser, .. } = self.pipeline;
        let services = self.speech_services().into_iter();
        let keys = services.map(|service| (service.is_used && !service.has_key, service.key_setting));
        let servers = [
            (self.model_server().is_none(), "openai.api_key or pipeline.model_base_url"),
            (
                transcriber == Transcriber::Transcription && self.pipeline.transcription_base_url.is_none(),
                "pipeline.transcription_base_url",
            ),
            (synthesiser == Synthesiser::Speech && self.pipeline.speech_base_url.is_none(), "pipeline.speech_base_url"),
        ];
        keys.chain(servers).filter(|(is_missing, _)| *is_missing).map(|(_, key)| key).collect()
    }

    /// The speech services that need a key.
    pub(super) fn speech_services(&self) -> [SpeechService; 3] {
        let PipelineConfig { transcriber, synthesiser, .. } = self.pipeline;
        [
            SpeechService {
                name: "soniox",
                key_setting: "soniox.api_key",
                has_key: self.soniox.key().is_some(),
                is_used: transcriber == Transcriber::Soniox || synthesiser == Synthesiser::Soniox,
            },
            SpeechService {
                name: "elevenlabs",
                key_setting: "elevenlabs.api_key",
                has_key: self.elevenlabs.key().is_some(),
                is_used: transcriber == Transcriber::ElevenLabs || synthesiser == Synthesiser::ElevenLabs,
            },
            SpeechService {
                name: "deepgram",
                key_setting: "deepgram.api_key",
                has_key: self.deepgram.key().is_some(),
                is_used: transcriber == Transcriber::Deepgram,
            },
        ]
    }

    /// The server of OpenAI that transcribes files; none without a key.
    pub fn file_transcription_server(&self) -> Option<TranscriptionServer<'_>> {
        let OpenAiConfig { base_url, file_transcription_model: model, .. } = &self.openai;
        Some(TranscriptionServer { base_url, key: Some(self.openai.key()?), model })
    }

    /// The server with `/audio/transcriptions` that the pipeline uses; none if its address is not set.
    pub fn transcription_server(&self) -> Option<TranscriptionServer<'_>> {
        let pipeline = &self.pipeline;
        let key = Secret::present(pipeline.transcription_api_key.as_ref());
        let base_url = pipeline.transcription_base_url.as_ref()?;
        Some(TranscriptionServer { base_url, key, model: &pipeline.transcription_model })
    }

    /// How long the pipeline's transcriber may wait after the caller's last word before it ends the turn.
    pub fn longest_pause(&self) -> Duration {
        let ms = match self.pipeline.transcriber {
            Transcriber::Soniox => self.soniox.max_endpoint_delay_ms,
            Transcriber::Deepgram => self.deepgram.endpointing_ms,
            Transcriber::ElevenLabs => self.elevenlabs.vad_silence_ms,
            Transcriber::Transcription => self.pipeline.transcription_silence_ms,
        };
        Duration::from_millis(ms.into())
    }
}

pub(super) fn settings() -> Vec<Setting> {
    let model = || token("a model's name, such as gpt-5.6-terra", |_| None);
    vec![
        setting("pipeline.model_base_url", |c| &mut c.pipeline.model_base_url, optional(base_url()))
            .env("PIPELINE_MODEL_BASE_URL"),
        secret_setting("pipeline.model_api_key", |c| &mut c.pipeline.model_api_key, optional(secret()))
            .env("PIPELINE_MODEL_API_KEY"),
        setting("pipeline.model_api", |c| &mut c.pipeline.model_api, choice(ModelApi::ALL, ModelApi::as_str)),
        setting("pipeline.model", |c| &mut c.pipeline.model, optional(model())),
        setting("pipeline.speculation", |c| &mut c.pipeline.speculation, boolean()),
        setting("pipeline.transcriber", |c| &mut c.pipeline.transcriber, choice(Transcriber::ALL, Transcriber::as_str)),
        setting("pipeline.transcription_base_url", |c| &mut c.pipeline.transcription_base_url, optional(base_url()))
            .env("PIPELINE_TRANSCRIPTION_BASE_URL"),
        secret_setting("pipeline.transcription_api_key", |c| &mut c.pipeline.transcription_api_key, optional(secret()))
            .env("PIPELINE_TRANSCRIPTION_API_KEY"),
        setting("pipeline.transcription_model", |c| &mut c.pipeline.transcription_model, model()),
        setting("pipeline.transcription_silence_ms", |c| &mut c.pipeline.transcription_silence_ms, integer(200..=3000)),
        setting("pipeline.synthesiser", |c| &mut c.pipeline.synthesiser, choice(Synthesiser::ALL, Synthesiser::as_str)),
        setting("pipeline.speech_base_url", |c| &mut c.pipeline.speech_base_url, optional(base_url()))
            .env("PIPELINE_SPEECH_BASE_URL"),
        secret_setting("pipeline.speech_api_key", |c| &mut c.pipeline.speech_api_key, optional(secret()))
            .env("PIPELINE_SPEECH_API_KEY"),
        setting("pipeline.speech_model", |c| &mut c.pipeline.speech_model, model()),
        setting("pipeline.speech_voice", |c| &mut c.pipeline.speech_voice, token("a voice's name", |_| None)),
        setting("pipeline.speech_sample_rate", |c| &mut c.pipeline.speech_sample_rate, integer(8000..=48_000)),
        setting("pipeline.cents_per_hour", |c| &mut c.pipeline.cents_per_hour, integer(0..=100_000)),
    ]
}
