//! `[elevenlabs]` and `[deepgram]`: other speech services. Stored and validated; no engine uses them yet.

use super::BaseUrl;
use super::parser::base_url;
use super::setting::{Setting, setting};
use serde::Serialize;

/// Text to speech by ElevenLabs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ElevenLabsConfig {
    /// The address of ElevenLabs or a compatible server. `ELEVENLABS_BASE_URL`.
    pub base_url: BaseUrl,
}

/// Speech to text by Deepgram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeepgramConfig {
    /// The address of Deepgram or a compatible server. `DEEPGRAM_BASE_URL`.
    pub base_url: BaseUrl,
}

impl Default for ElevenLabsConfig {
    fn default() -> Self {
        Self { base_url: BaseUrl::from_static("https://api.elevenlabs.io") }
    }
}

impl Default for DeepgramConfig {
    fn default() -> Self {
        Self { base_url: BaseUrl::from_static("https://api.deepgram.com") }
    }
}

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("elevenlabs.base_url", |c| &mut c.elevenlabs.base_url, base_url()).env("ELEVENLABS_BASE_URL"),
        setting("deepgram.base_url", |c| &mut c.deepgram.base_url, base_url()).env("DEEPGRAM_BASE_URL"),
    ]
}
