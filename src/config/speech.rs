//! `[elevenlabs]` and `[deepgram]`: speech services for the pipeline engine. Both offer speech to text; ElevenLabs also
//! offers text to speech.

use super::parser::{base_url, boolean, integer, model_name, optional, secret, token};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::{AllowedValues, SettingFault};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ElevenLabsConfig {
    /// The API key for speech to text and text to speech. Environment variable: `ELEVENLABS_API_KEY`.
    pub api_key: Option<Secret>,
    /// The base URL of ElevenLabs or a compatible server. The WebSocket has the same URL with the scheme `ws` or `wss`.
    /// Environment variable: `ELEVENLABS_BASE_URL`.
    pub base_url: BaseUrl,
    pub stt_model: String,
    /// The model that synthesises speech. Only models of the third generation support Hebrew.
    pub tts_model: String,
    pub voice: String,
    /// The silence that ends the caller's turn, in milliseconds.
    pub vad_silence_ms: u32,
    /// Whether the transcriber detects the language of each utterance. If false, it expects the language of the agent or
    /// of the contact.
    pub multilingual: bool,
    /// Whether the transcriber receives names and services as words to expect, which ElevenLabs charges for.
    pub key_terms: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeepgramConfig {
    /// The API key. Environment variable: `DEEPGRAM_API_KEY`.
    pub api_key: Option<Secret>,
    /// The base URL of Deepgram or a compatible server. The WebSocket has the same URL with the scheme `ws` or `wss`.
    /// Environment variable: `DEEPGRAM_BASE_URL`.
    pub base_url: BaseUrl,
    /// The model that transcribes the caller. Only nova-3 supports Hebrew.
    pub model: String,
    /// The silence that ends the caller's turn, in milliseconds.
    pub endpointing_ms: u32,
    /// Whether several languages are recognised in one call, by the multilingual model of nova-3.
    pub multilingual: bool,
}

impl Default for ElevenLabsConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: BaseUrl::from_static("https://api.elevenlabs.io"),
            stt_model: "scribe_v2_realtime".into(),
            tts_model: "eleven_v3_conversational".into(),
            voice: "EXAVITQu4vr4xnSDxMaL".into(),
            vad_silence_ms: 600,
            multilingual: true,
            key_terms: true,
        }
    }
}

impl ElevenLabsConfig {
    pub fn key(&self) -> Option<&Secret> {
        Secret::present(self.api_key.as_ref())
    }
}

impl Default for DeepgramConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: BaseUrl::from_static("https://api.deepgram.com"),
            model: "nova-3".into(),
            endpointing_ms: 500,
            multilingual: false,
        }
    }
}

impl DeepgramConfig {
    pub fn key(&self) -> Option<&Secret> {
        Secret::present(self.api_key.as_ref())
    }
}

pub(super) fn elevenlabs_settings() -> Vec<Setting<ElevenLabsConfig>> {
    let elevenlabs = Section::<ElevenLabsConfig>::new();
    // The voice id becomes part of a URL.
    let voice = token(AllowedValues::VoiceId { example: "EXAVITQu4vr4xnSDxMaL".to_owned() }, |text| {
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric());
        (!is_plain).then_some(SettingFault::OtherCharacters)
    });
    vec![
        elevenlabs
            .secret_setting("elevenlabs.api_key", |c| &mut c.api_key, optional(secret()))
            .env("ELEVENLABS_API_KEY"),
        elevenlabs.setting("elevenlabs.base_url", |c| &mut c.base_url, base_url()).env("ELEVENLABS_BASE_URL"),
        elevenlabs.setting("elevenlabs.stt_model", |c| &mut c.stt_model, model_name("scribe_v2_realtime")),
        elevenlabs.setting("elevenlabs.tts_model", |c| &mut c.tts_model, model_name("eleven_v3_conversational")),
        elevenlabs.setting("elevenlabs.voice", |c| &mut c.voice, voice),
        elevenlabs.setting("elevenlabs.vad_silence_ms", |c| &mut c.vad_silence_ms, integer(300..=3000)),
        elevenlabs.setting("elevenlabs.multilingual", |c| &mut c.multilingual, boolean()),
        elevenlabs.setting("elevenlabs.key_terms", |c| &mut c.key_terms, boolean()),
    ]
}

pub(super) fn deepgram_settings() -> Vec<Setting<DeepgramConfig>> {
    let deepgram = Section::<DeepgramConfig>::new();
    vec![
        deepgram.secret_setting("deepgram.api_key", |c| &mut c.api_key, optional(secret())).env("DEEPGRAM_API_KEY"),
        deepgram.setting("deepgram.base_url", |c| &mut c.base_url, base_url()).env("DEEPGRAM_BASE_URL"),
        deepgram.setting("deepgram.model", |c| &mut c.model, model_name("nova-3")),
        deepgram.setting("deepgram.endpointing_ms", |c| &mut c.endpointing_ms, integer(10..=3000)),
        deepgram.setting("deepgram.multilingual", |c| &mut c.multilingual, boolean()),
    ]
}
