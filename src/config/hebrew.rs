//! Warnings about models and voices of the pipeline and Twilio that do not support Hebrew, for a business whose agent
//! speaks Hebrew. Only models whose vendor's documentation lists their languages are named; unknown models are not.

use super::{AiEngine, Config, EngineChoice, SAY_VOICE, Synthesiser, Transcriber, say_language};
use crate::domain::SettingWarning;

/// Returns one warning for each setting, with the reason and the value to set.
pub(super) fn hebrew_checks(config: &Config) -> Vec<SettingWarning> {
    if config.agent.language != HEBREW {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    if config.voice.engine != EngineChoice::Voicemail && config.ai_engines().contains(&AiEngine::Pipeline) {
        let (transcriber, synthesiser) = (config.pipeline.transcriber, config.pipeline.synthesiser);
        let model = &config.deepgram.model;
        if transcriber == Transcriber::Deepgram && is_deepgram_without_hebrew(model) {
            wrong.push(SettingWarning::TranscriberWithoutHebrew { model: model.clone() });
        }
        let model = &config.elevenlabs.tts_model;
        if synthesiser == Synthesiser::ElevenLabs && is_one_of(model, &ELEVENLABS_WITHOUT_HEBREW) {
            wrong.push(SettingWarning::VoiceWithoutHebrew { model: model.clone() });
        }
    }
    let voice = &config.voice.say_voice;
    if let Some(language) = say_language(voice).filter(|language| *language != HEBREW_LOCALE) {
        wrong.push(SettingWarning::SayVoiceLanguage {
            voice: voice.clone(),
            language: language.to_owned(),
            spoken: HEBREW.to_owned(),
            meant: SAY_VOICE.to_owned(),
        });
    }
    wrong
}

/// Deepgram added Hebrew to nova-3 on 2026-02-03. The lists of its older models and of Flux have no Hebrew, and
/// nova-3-medical is for English.
fn is_deepgram_without_hebrew(model: &str) -> bool {
    is_one_of(model, &["nova", "nova-2", "enhanced", "base", "flux", "nova-3-medical"])
}

/// The models in ElevenLabs' list of models whose languages do not include Hebrew.
const ELEVENLABS_WITHOUT_HEBREW: [&str; 8] = [
    "eleven_multilingual_v2",
    "eleven_multilingual_v1",
    "eleven_flash_v2_5",
    "eleven_flash_v2",
    "eleven_turbo_v2_5",
    "eleven_turbo_v2",
    "eleven_monolingual_v1",
    "eleven_english_v2",
];

/// Returns true if the model has one of these names, or is a variant of it, such as `nova-2-phonecall`.
fn is_one_of(model: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let is_generation = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        model.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|variant| !is_generation(variant))
        })
    })
}

const HEBREW: &str = "he";
const HEBREW_LOCALE: &str = "he-IL";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_that_are_known_to_lack_hebrew_are_named() {
        for model in
            ["nova-2", "nova-2-phonecall", "nova", "nova-general", "enhanced", "base-meeting", "flux-general-en"]
        {
            assert!(is_deepgram_without_hebrew(model), "{model}");
        }
        for model in ["nova-3", "nova-3-general", "nova-4", "whisper-large", "d9f1c2b3-custom"] {
            assert!(!is_deepgram_without_hebrew(model), "{model}");
        }
        assert!(is_one_of("eleven_flash_v2", &ELEVENLABS_WITHOUT_HEBREW));
        assert!(!is_one_of("eleven_v3_conversational", &ELEVENLABS_WITHOUT_HEBREW));
    }
}
