//! Checks the services of the pipeline engine: tests each part with the settings of a call.

use super::ai_check;
use crate::call::{AUDIO_TIMEOUT, MESSAGE_TIMEOUT};
use crate::config::{AiEngine, Config, Synthesiser, Transcriber};
use crate::domain::{AiFailure, AiFailureCause, Causes, CheckResult, ContactName, Found, Remedy, Timestamp};
use crate::engine::{ModelMemory, PipelineSetup, PipelineTrial, try_parts};
use crate::providers::google::AccessTokens;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "pipeline";
/// A part that needs longer is too slow for a conversation: the caller waits for the three parts one after the other.
const SLOW: Duration = Duration::from_secs(2);

/// Tests the parts of the pipeline, if its settings are complete and calls may use it. A test costs less than a cent.
pub async fn check(client: &reqwest::Client, config: &Arc<Config>, now: Timestamp) -> Vec<CheckResult> {
    if !config.ai_engines().contains(&AiEngine::Pipeline) {
        return Vec::new();
    }
    let (instructions, tools) = ai_check::call_instructions(config, now);
    let setup = PipelineSetup {
        config: config.clone(),
        client: client.clone(),
        google: AccessTokens::default(),
        model_memory: ModelMemory::default(),
        instructions,
        tools,
        language: config.agent.language.clone(),
        terms: Vec::new(),
        caller_name: ContactName::Unknown,
        caller_history: None,
        history: Vec::new(),
        claims: None,
        is_logged: false,
    };
    findings(config, Box::pin(try_parts(setup)).await)
}

fn findings(config: &Config, trial: PipelineTrial) -> Vec<CheckResult> {
    let (transcriber, synthesiser) = (config.pipeline.transcriber, config.pipeline.synthesiser);
    let model = config.model_server().map_or("", |server| server.model).to_owned();
    let (transcriber_name, synthesiser_name) = (transcriber.as_str().to_owned(), synthesiser.as_str().to_owned());
    let PipelineTrial { transcriber: transcriber_trial, model: model_trial, synthesiser: synthesiser_trial } = trial;
    let answer = model_trial.as_ref().ok().copied();
    let waited = [
        (transcriber_trial.as_ref().ok().copied(), &transcriber_name, settings_of_transcriber(transcriber)),
        (answer.map(|answer| answer.waited), &model, settings_of_model(config)),
        (synthesiser_trial.as_ref().ok().copied(), &synthesiser_name, settings_of_synthesiser(synthesiser)),
    ];
    // As in a call: another AI engine would reply sooner than a pipeline that may be slow.
    let is_patient = config.pipeline_detects_late() && config.ai_engines().last() == Some(&AiEngine::Pipeline);
    let limit = if is_patient { AUDIO_TIMEOUT } else { MESSAGE_TIMEOUT };
    let slow = waited.into_iter().filter_map(|(waited, part, settings)| {
        let waited = waited.filter(|waited| *waited > SLOW)?;
        Some(too_slow(waited, part, settings, limit))
    });
    let reasoning = answer.filter(|answer| answer.writes_reasoning).map(|_| {
        let remedy = Remedy::PipelineReasoning { setting: server_of_model(config).to_owned() };
        CheckResult::warning(CHECK, Found::PipelineReasoning { model: model.clone() }, remedy)
    });
    let warnings: Vec<_> = slow.chain(reasoning).collect();
    let failures = [
        transcriber_trial.err().map(|reason| {
            let address = address_of_transcriber(config);
            let (reason, remedy) = explain(&reason, settings_of_transcriber(transcriber), address);
            (Found::PipelineTranscriber { service: transcriber_name.clone(), reason }, remedy)
        }),
        model_trial.err().map(|reason| {
            let (reason, remedy) = match explain(&reason, settings_of_model(config), address_of_model(config)) {
                (found, _) if reason.ends_with(AiFailure::WRITTEN_CALL) => {
                    (found, Remedy::PipelineParser { setting: server_of_model(config).to_owned() })
                }
                (found, _) if reason.ends_with(AiFailure::NO_WORDS) => {
                    (found, Remedy::PipelineSettings { settings: settings_of_model(config).to_owned() })
                }
                explained => explained,
            };
            (Found::PipelineModel { model: model.clone(), reason }, remedy)
        }),
        synthesiser_trial.err().map(|reason| {
            let address = address_of_synthesiser(config);
            let (reason, remedy) = explain(&reason, settings_of_synthesiser(synthesiser), address);
            (Found::PipelineSynthesiser { service: synthesiser_name.clone(), reason }, remedy)
        }),
    ];
    let failed: Vec<_> =
        failures.into_iter().flatten().map(|(found, remedy)| CheckResult::error(CHECK, found, remedy)).collect();
    if !failed.is_empty() || !warnings.is_empty() {
        return failed.into_iter().chain(warnings).collect();
    }
    let found = Found::PipelineWorks { transcriber: transcriber_name, model, synthesiser: synthesiser_name };
    vec![CheckResult::ok(CHECK, found)]
}

/// `limit` is how long a call waits for a reply.
fn too_slow(waited: Duration, part: &str, settings: &str, limit: Duration) -> CheckResult {
    let seconds = format!("{:.1}", waited.as_secs_f64());
    let remedy = Remedy::PipelineSlow { settings: settings.to_owned() };
    CheckResult::warning(CHECK, Found::PipelineSlow { part: part.to_owned(), seconds, limit: limit.as_secs() }, remedy)
}

/// `address` is the setting with the address of a server that the owner has chosen.
fn explain(reason: &str, settings: &str, address: Option<&str>) -> (Causes, Remedy) {
    let failure = AiFailure::from_reason(reason);
    let remedy = match failure.cause {
        AiFailureCause::Outage => match address {
            Some(setting) => Remedy::PipelineAddress { setting: setting.to_owned() },
            None => Remedy::AiStatus,
        },
        cause => ai_check::remedy_of(cause, settings)
            .unwrap_or_else(|| Remedy::PipelineSettings { settings: settings.to_owned() }),
    };
    (failure.detail(), remedy)
}

/// Returns the setting with the address of the transcriber's server, if it is not the address of the vendor.
fn address_of_transcriber(config: &Config) -> Option<&'static str> {
    let default = Config::default();
    let (is_own, setting) = match config.pipeline.transcriber {
        Transcriber::Soniox => (config.soniox.stt_base_url != default.soniox.stt_base_url, "soniox.stt_base_url"),
        Transcriber::Deepgram => (config.deepgram.base_url != default.deepgram.base_url, "deepgram.base_url"),
        Transcriber::ElevenLabs => (config.elevenlabs.base_url != default.elevenlabs.base_url, "elevenlabs.base_url"),
        Transcriber::Google => (false, ""),
        Transcriber::OpenAi => (config.openai.base_url != default.openai.base_url, "openai.base_url"),
        Transcriber::Transcription => (true, "pipeline.transcription_base_url"),
    };
    is_own.then_some(setting)
}

/// As [`address_of_transcriber`], for the language model.
fn address_of_model(config: &Config) -> Option<&'static str> {
    let is_own = config.openai.base_url != Config::default().openai.base_url;
    let of_openai = is_own.then_some("openai.base_url");
    config.pipeline.model_base_url.as_ref().map(|_| "pipeline.model_base_url").or(of_openai)
}

/// Returns the setting with the address of the language model's server.
fn server_of_model(config: &Config) -> &'static str {
    if config.pipeline.model_base_url.is_some() { "pipeline.model_base_url" } else { "openai.base_url" }
}

/// As [`address_of_transcriber`], for the synthesiser.
fn address_of_synthesiser(config: &Config) -> Option<&'static str> {
    let default = Config::default();
    let (is_own, setting) = match config.pipeline.synthesiser {
        Synthesiser::Soniox => (config.soniox.tts_base_url != default.soniox.tts_base_url, "soniox.tts_base_url"),
        Synthesiser::ElevenLabs => (config.elevenlabs.base_url != default.elevenlabs.base_url, "elevenlabs.base_url"),
        Synthesiser::Google => (false, ""),
        Synthesiser::Speech => (true, "pipeline.speech_base_url"),
    };
    is_own.then_some(setting)
}

fn settings_of_transcriber(transcriber: Transcriber) -> &'static str {
    match transcriber {
        Transcriber::Soniox => "soniox.api_key, soniox.stt_model, agent.language",
        Transcriber::Deepgram => "deepgram.api_key, deepgram.model, agent.language",
        Transcriber::ElevenLabs => "elevenlabs.api_key, elevenlabs.stt_model, agent.language",
        Transcriber::Google => {
            "google.credentials_file or google.credentials_json, google.region, google.stt_model, agent.language"
        }
        Transcriber::OpenAi => "openai.api_key, openai.live_transcription_model, openai.audio_format, agent.language",
        Transcriber::Transcription => {
            "pipeline.transcription_base_url, pipeline.transcription_api_key, pipeline.transcription_model"
        }
    }
}

fn settings_of_model(config: &Config) -> &'static str {
    match config.pipeline.model_base_url {
        Some(_) => "pipeline.model_base_url, pipeline.model_api_key, pipeline.model_api, pipeline.model",
        None => "openai.api_key, openai.base_url, pipeline.model, openai.chat_model",
    }
}

fn settings_of_synthesiser(synthesiser: Synthesiser) -> &'static str {
    match synthesiser {
        Synthesiser::Soniox => "soniox.api_key, soniox.tts_model, soniox.voice, agent.language",
        Synthesiser::ElevenLabs => "elevenlabs.api_key, elevenlabs.tts_model, elevenlabs.voice, agent.language",
        Synthesiser::Google => {
            "google.credentials_file or google.credentials_json, google.region, google.voice, agent.language"
        }
        Synthesiser::Speech => {
            "pipeline.speech_base_url, pipeline.speech_api_key, pipeline.speech_model, pipeline.speech_voice"
        }
    }
}
