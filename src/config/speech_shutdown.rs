//! Warning about models of OpenAI's `/audio/speech` that OpenAI shuts down.
//!
//! The models that OpenAI lists for an account have their day of shutdown, which `doctor` reports. This list is also for
//! an owner whose speech server is OpenAI's, with a key of its own.

use super::{AiEngine, Config, EngineChoice, Synthesiser};
use crate::domain::SettingWarning;

/// All models of the endpoint. OpenAI names no successor for it ("Deprecations", "Text to speech"): the recommended
/// model answers only in the Realtime API.
const MODELS: [&str; 3] = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"];
const DAY: &str = "2027-01-06";
const OPENAI: &str = "https://api.openai.com/";

pub(super) fn speech_shutdown(config: &Config) -> Option<SettingWarning> {
    let pipeline = &config.pipeline;
    let is_used = pipeline.synthesiser == Synthesiser::Speech
        && config.voice.engine != EngineChoice::Voicemail
        && config.ai_engines().contains(&AiEngine::Pipeline);
    let is_openai = pipeline.speech_base_url.as_ref().is_some_and(|url| url.as_str().starts_with(OPENAI));
    let model = &pipeline.speech_model;
    // A model may be followed by its date, as in `gpt-4o-mini-tts-2025-12-15`.
    let is_ending = MODELS.iter().any(|ending| model.strip_prefix(ending).is_some_and(is_version));
    (is_used && is_openai && is_ending)
        .then(|| SettingWarning::SpeechShutdown { model: model.clone(), day: DAY.to_owned() })
}

fn is_version(rest: &str) -> bool {
    rest.is_empty() || rest.strip_prefix('-').is_some_and(|date| date.starts_with(|c: char| c.is_ascii_digit()))
}
