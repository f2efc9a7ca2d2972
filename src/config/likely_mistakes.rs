//! Warnings about settings that are valid, but have no effect or cannot work.

use super::{AiEngine, BaseUrl, Config, DEFAULT_PORT, EngineChoice, Transcriber};
use crate::domain::{PhoneNumber, SettingWarning};
use std::net::SocketAddr;

pub(super) fn likely_mistakes(config: &Config) -> Vec<SettingWarning> {
    let found = [early_replies(config), batch_transcriber(config), built_in_sentences(config)];
    let addresses = openai_without_path(config).chain(ai_at_own_port(config));
    impossible_numbers(config).chain(addresses).chain(found.into_iter().flatten()).collect()
}

/// Twilio refuses to dial these numbers.
fn impossible_numbers(config: &Config) -> impl Iterator<Item = SettingWarning> {
    let numbers: [(&str, &[PhoneNumber]); 5] = [
        ("agent.transfer_to", config.agent.transfer_to.as_slice()),
        ("voice.ring_numbers", &config.voice.ring_numbers),
        ("alerts.whatsapp_to", config.alerts.whatsapp_to.as_slice()),
        ("twilio.phone_number", config.twilio.phone_number.as_slice()),
        ("twilio.wa_from", config.twilio.wa_from.as_slice()),
    ];
    let country = config.business.country;
    numbers.into_iter().flat_map(move |(key, numbers)| {
        let is_possible = move |number: &PhoneNumber| number.is_possible() && number.check_typed(country).is_ok();
        let impossible = numbers.iter().filter(move |number| !is_possible(number));
        impossible.map(move |number| SettingWarning::ImpossibleNumber {
            setting: key.to_owned(),
            number: number.as_str().to_owned(),
        })
    })
}

/// The servers with OpenAI's API, by the settings of their addresses.
fn ai_servers(config: &Config) -> [(&'static str, Option<&BaseUrl>); 4] {
    let pipeline = &config.pipeline;
    [
        ("openai.base_url", Some(&config.openai.base_url)),
        ("pipeline.model_base_url", pipeline.model_base_url.as_ref()),
        ("pipeline.transcription_base_url", pipeline.transcription_base_url.as_ref()),
        ("pipeline.speech_base_url", pipeline.speech_base_url.as_ref()),
    ]
}

/// Local AI servers often use the same default ports as the daemon and the bridge.
fn ai_at_own_port(config: &Config) -> impl Iterator<Item = SettingWarning> {
    let (http, tls, whatsapp) = (&config.http, &config.tls, &config.whatsapp);
    let is_local = |address: &SocketAddr| address.ip().is_unspecified() || address.ip().is_loopback();
    let port = |address: Option<SocketAddr>| address.filter(is_local).map(|address| address.port());
    let is_bridge_local = whatsapp.baileys_enabled() && whatsapp.baileys_outbound_url.is_none();
    let listeners = [
        ("http.listen", http.listen.map_or(Some(DEFAULT_PORT), |address| port(Some(address)))),
        ("http.crm_listen", port(http.crm_listen)),
        ("tls.http_listen", port(tls.http_listen)),
        ("tls.https_listen", port(tls.https_listen)),
        (
            "whatsapp.baileys_port",
            (is_bridge_local && whatsapp.bridge_socket().is_none()).then_some(whatsapp.baileys_port),
        ),
    ];
    ai_servers(config).into_iter().filter_map(move |(key, url)| {
        let (url, port) = (url?, url?.loopback_port()?);
        let (listener, _) = listeners.iter().find(|(_, own)| *own == Some(port))?;
        Some(SettingWarning::OwnPort {
            setting: key.to_owned(),
            url: url.to_string(),
            port: port.to_string(),
            listener: (*listener).to_owned(),
        })
    })
}

fn openai_without_path(config: &Config) -> impl Iterator<Item = SettingWarning> {
    let without = ai_servers(config).into_iter().filter(|(_, url)| url.map(BaseUrl::as_str) == Some(OPENAI));
    without.map(|(key, _)| SettingWarning::OpenAiWithoutPath { setting: key.to_owned(), url: OPENAI.to_owned() })
}

const OPENAI: &str = "https://api.openai.com";

fn early_replies(config: &Config) -> Option<SettingWarning> {
    let has_no_effect = config.openai.early_replies && config.openai.hold_replies().is_none();
    has_no_effect.then_some(SettingWarning::EarlyRepliesUnused)
}

fn batch_transcriber(config: &Config) -> Option<SettingWarning> {
    let (elevenlabs, defaults) = (&config.elevenlabs, Config::default().elevenlabs);
    let is_used = config.pipeline.transcriber == Transcriber::ElevenLabs
        && config.voice.engine != EngineChoice::Voicemail
        && config.ai_engines().contains(&AiEngine::Pipeline)
        && elevenlabs.base_url == defaults.base_url;
    let is_for_files = ELEVENLABS_FOR_FILES.contains(&elevenlabs.stt_model.as_str());
    (is_used && is_for_files)
        .then(|| SettingWarning::BatchTranscriber { model: elevenlabs.stt_model.clone(), meant: defaults.stt_model })
}

/// The models in ElevenLabs' list that its real-time endpoint does not offer.
const ELEVENLABS_FOR_FILES: [&str; 3] = ["scribe_v1", "scribe_v1_experimental", "scribe_v2"];

fn built_in_sentences(config: &Config) -> Option<SettingWarning> {
    let language = config.agent.language.as_str();
    let is_other = !["he", "en"].contains(&language);
    is_other.then(|| SettingWarning::BuiltInSentences { language: language.to_owned() })
}
