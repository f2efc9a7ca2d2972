//! `[soniox]`: speech to text and text to speech for the pipeline engine.

use super::parser::{base_url, integer, model_name, optional, secret, voice_name};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SonioxConfig {
    /// The API key for speech to text and text to speech. Environment variable: `SONIOX_API_KEY`.
    pub api_key: Option<Secret>,
    /// The base URL of speech to text. The WebSocket has the same URL with the scheme `ws` or `wss`. Environment
    /// variable: `SONIOX_STT_BASE_URL`.
    pub stt_base_url: BaseUrl,
    /// The base URL of text to speech. Environment variable: `SONIOX_TTS_BASE_URL`.
    pub tts_base_url: BaseUrl,
    pub stt_model: String,
    pub tts_model: String,
    pub voice: String,
    /// The maximum delay between the caller's last word and the end of the turn, in milliseconds.
    pub max_endpoint_delay_ms: u32,
}

impl Default for SonioxConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            stt_base_url: BaseUrl::from_static("https://stt-rt.soniox.com"),
            tts_base_url: BaseUrl::from_static("https://tts-rt.soniox.com"),
            stt_model: "stt-rt-v5".into(),
            tts_model: "tts-rt-v2".into(),
            voice: "Grace".into(),
            max_endpoint_delay_ms: 1200,
        }
    }
}

impl SonioxConfig {
    pub fn key(&self) -> Option<&Secret> {
        Secret::present(self.api_key.as_ref())
    }
}

pub(super) fn settings() -> Vec<Setting<SonioxConfig>> {
    let soniox = Section::<SonioxConfig>::new();
    let model = || model_name("stt-rt-v5");
    vec![
        soniox.secret_setting("soniox.api_key", |c| &mut c.api_key, optional(secret())).env("SONIOX_API_KEY"),
        soniox.setting("soniox.stt_base_url", |c| &mut c.stt_base_url, base_url()).env("SONIOX_STT_BASE_URL"),
        soniox.setting("soniox.tts_base_url", |c| &mut c.tts_base_url, base_url()).env("SONIOX_TTS_BASE_URL"),
        soniox.setting("soniox.stt_model", |c| &mut c.stt_model, model()),
        soniox.setting("soniox.tts_model", |c| &mut c.tts_model, model()),
        soniox.setting("soniox.voice", |c| &mut c.voice, voice_name("Grace")),
        soniox.setting("soniox.max_endpoint_delay_ms", |c| &mut c.max_endpoint_delay_ms, integer(500..=3000)),
    ]
}
