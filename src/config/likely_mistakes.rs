//! Warnings about settings that are valid, but have no effect or cannot work.

use super::{AiEngine, BaseUrl, Config, DEFAULT_PORT, EngineChoice, Transcriber};
use crate::domain::PhoneNumber;
use std::net::SocketAddr;

pub(super) fn likely_mistakes(config: &Config) -> Vec<String> {
    let found = [early_replies(config), batch_transcriber(config), built_in_sentences(config)];
    let addresses = openai_without_path(config).chain(ai_at_own_port(config));
    impossible_numbers(config).chain(addresses).chain(found.into_iter().flatten()).collect()
}

/// Twilio refuses to dial these numbers.
fn impossible_numbers(config: &Config) -> impl Iterator<Item = String> {
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
        impossible.map(move |number| format!("{key}: {} is no possible phone number of its country", number.as_str()))
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
fn ai_at_own_port(config: &Config) -> impl Iterator<Item = String> {
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
        Some(format!(
            "{key} is {url}, but port {port} is that of {listener}, so no AI answers there: set the address of the AI server, which \
             needs another port"
        ))
    })
}

fn openai_without_path(config: &Config) -> impl Iterator<Item = String> {
    let without = ai_servers(config).into_iter().filter(|(_, url)| url.map(BaseUrl::as_str) == Some(OPENAI));
    without.map(|(key, _)| format!("{key} is {OPENAI}, but OpenAI's API is at {OPENAI}/v1: it refuses all requests"))
}

const OPENAI: &str = "https://api.openai.com";

fn early_replies(config: &Config) -> Option<String> {
    let has_no_effect = config.openai.early_replies && config.openai.hold_replies().is_none();
    has_no_effect.then(|| {
        "openai.early_replies is on, but needs openai.turn_detection server_vad and an openai.vad_silence_ms of 200 to 1000: it has no \
         effect"
            .to_owned()
    })
}

fn batch_transcriber(config: &Config) -> Option<String> {
    let (elevenlabs, defaults) = (&config.elevenlabs, Config::default().elevenlabs);
    let is_used = config.pipeline.transcriber == Transcriber::ElevenLabs
        && config.voice.engine != EngineChoice::Voicemail
        && config.ai_engines().contains(&AiEngine::Pipeline)
        && elevenlabs.base_url == defaults.base_url;
    (is_used && ELEVENLABS_FOR_FILES.contains(&elevenlabs.stt_model.as_str())).then(|| {
        format!(
            "elevenlabs.stt_model is {}, which transcribes only files: it cannot transcribe calls. Set {}",
            elevenlabs.stt_model, defaults.stt_model
        )
    })
}

/// The models in ElevenLabs' list that its real-time endpoint does not offer.
const ELEVENLABS_FOR_FILES: [&str; 3] = ["scribe_v1", "scribe_v1_experimental", "scribe_v2"];

fn built_in_sentences(config: &Config) -> Option<String> {
    let language = config.agent.language.as_str();
    (!["he", "en"].contains(&language)).then(|| {
        format!(
            "agent.language is {language}, but the built-in sentences and messages are only in Hebrew and English: contacts hear and \
             read them in English"
        )
    })
}
