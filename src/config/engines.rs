//! Determines from several sections which engines and services answer calls.

use super::pipeline::ModelApi;
use super::{AiEngine, BaseUrl, Config, EngineChoice, OpenAiConfig, PipelineConfig, Secret, Synthesiser, Transcriber};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct ModelServer<'c> {
    pub base_url: &'c BaseUrl,
    /// The API key, if the server needs one.
    pub key: Option<&'c Secret>,
    pub model: &'c str,
    /// True if requests use the Responses API; false if they use chat completions.
    pub uses_responses: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct TranscriptionServer<'c> {
    pub base_url: &'c BaseUrl,
    /// The API key, if the server needs one.
    pub key: Option<&'c Secret>,
    pub model: &'c str,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SpeechService {
    /// The name of the service in `pipeline.transcriber` and `pipeline.synthesiser`.
    pub(super) name: &'static str,
    pub(super) key_setting: &'static str,
    pub(super) has_key: bool,
    pub(super) is_used: bool,
}

impl Config {
    /// Returns the AI engines that answer calls, in order; empty if calls go to voicemail. Omits engines without a
    /// required setting, such as a key, except the engine that `voice.engine` names.
    pub fn ai_engines(&self) -> Vec<AiEngine> {
        let is_configured = |engine: &AiEngine| match engine {
            AiEngine::Realtime | AiEngine::Live => self.openai.key().is_some(),
            AiEngine::Pipeline => self.missing_for_pipeline().is_empty(),
        };
        match self.voice.engine {
            EngineChoice::Auto => self.voice.ai_engines.iter().copied().filter(is_configured).collect(),
            EngineChoice::Realtime => vec![AiEngine::Realtime],
            EngineChoice::Pipeline => vec![AiEngine::Pipeline],
            EngineChoice::Live => vec![AiEngine::Live],
            EngineChoice::Voicemail => Vec::new(),
        }
    }

    /// `None` if the server is OpenAI and its key is missing. OpenAI's key is sent only to `openai.base_url`.
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

    /// Returns true if the transcriber of the pipeline detects no speech, and only transcribes whole utterances.
    pub fn pipeline_detects_late(&self) -> bool {
        self.pipeline.transcriber == Transcriber::Transcription
    }

    /// Returns the server of the model that analyses a call after it has ended: OpenAI, or the pipeline's server if no
    /// OpenAI key is set. `None` if neither is configured.
    pub fn text_model_server(&self) -> Option<ModelServer<'_>> {
        let OpenAiConfig { base_url, chat_model: model, .. } = &self.openai;
        let openai = self.openai.key().map(|key| ModelServer { base_url, key: Some(key), model, uses_responses: true });
        openai.or_else(|| self.model_server())
    }

    /// Empty if the pipeline engine can answer calls.
    pub fn missing_for_pipeline(&self) -> Vec<&'static str> {
        let PipelineConfig { transcriber, synthesiser, .. } = self.pipeline;
        let services = self.speech_services().into_iter();
        let keys = services.map(|service| (service.is_used && !service.has_key, service.key_setting));
        let servers = [
            (self.model_server().is_none(), "openai.api_key or pipeline.model_base_url"),
            (
                transcriber == Transcriber::OpenAi && self.openai.key().is_none() && self.model_server().is_some(),
                "openai.api_key",
            ),
            (
                transcriber == Transcriber::Transcription && self.pipeline.transcription_base_url.is_none(),
                "pipeline.transcription_base_url",
            ),
            (synthesiser == Synthesiser::Speech && self.pipeline.speech_base_url.is_none(), "pipeline.speech_base_url"),
        ];
        keys.chain(servers).filter(|(is_missing, _)| *is_missing).map(|(_, key)| key).collect()
    }

    pub(super) fn speech_services(&self) -> [SpeechService; 4] {
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
            SpeechService {
                name: "google",
                key_setting: self.google.account_setting(),
                has_key: self.google.is_configured(),
                is_used: transcriber == Transcriber::Google || synthesiser == Synthesiser::Google,
            },
        ]
    }

    /// The server that transcribes recorded files: OpenAI, or without its key the pipeline's server, if the pipeline
    /// transcribes files as well. The other transcribers of the pipeline accept only streams.
    pub fn file_transcription_server(&self) -> Option<TranscriptionServer<'_>> {
        let OpenAiConfig { base_url, file_transcription_model: model, .. } = &self.openai;
        let openai = self.openai.key().map(|key| TranscriptionServer { base_url, key: Some(key), model });
        let of_pipeline = || {
            let is_used = self.pipeline.transcriber == Transcriber::Transcription;
            self.transcription_server().filter(|_| is_used)
        };
        openai.or_else(of_pipeline)
    }

    /// `None` if its address is not set.
    pub fn transcription_server(&self) -> Option<TranscriptionServer<'_>> {
        let pipeline = &self.pipeline;
        let key = Secret::present(pipeline.transcription_api_key.as_ref());
        let base_url = pipeline.transcription_base_url.as_ref()?;
        Some(TranscriptionServer { base_url, key, model: &pipeline.transcription_model })
    }

    /// Returns the models of the pipeline that run on the server at `openai.base_url`; empty if the pipeline answers no
    /// calls.
    pub fn pipeline_models_at_openai(&self) -> Vec<&str> {
        let PipelineConfig { transcriber, synthesiser, speech_base_url, speech_model, .. } = &self.pipeline;
        let transcription = self.transcription_server().filter(|_| *transcriber == Transcriber::Transcription);
        let speech = speech_base_url.as_ref().filter(|_| *synthesiser == Synthesiser::Speech);
        let live = Some((&self.openai.base_url, self.openai.live_transcription_model.as_str()));
        let models = [
            live.filter(|_| *transcriber == Transcriber::OpenAi),
            self.model_server().map(|server| (server.base_url, server.model)),
            transcription.map(|server| (server.base_url, server.model)),
            speech.map(|base_url| (base_url, speech_model.as_str())),
        ];
        let is_in_use = self.ai_engines().contains(&AiEngine::Pipeline);
        let models =
            models.into_iter().flatten().filter(|(base_url, _)| is_in_use && **base_url == self.openai.base_url);
        models.map(|(_, model)| model).collect()
    }

    /// Returns how long the pipeline's transcriber may wait after the caller's last word before it ends the turn.
    pub fn max_pause(&self) -> Duration {
        let ms = match self.pipeline.transcriber {
            Transcriber::Soniox => self.soniox.max_endpoint_delay_ms,
            Transcriber::Deepgram => self.deepgram.endpointing_ms,
            Transcriber::ElevenLabs => self.elevenlabs.vad_silence_ms,
            Transcriber::Google => self.google.silence_ms,
            Transcriber::OpenAi => self.openai.vad_silence_ms,
            Transcriber::Transcription => self.pipeline.transcription_silence_ms,
        };
        Duration::from_millis(ms.into())
    }
}
