//! `[google]`: Google's speech services. The settings are validated, but no engine uses them yet.

use super::parser::{base_url, google_account_file, google_account_json, optional};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use serde::Serialize;
use std::path::PathBuf;

/// Google's speech services.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoogleConfig {
    /// The path of a service account's JSON file. Environment variable: `GOOGLE_APPLICATION_CREDENTIALS`.
    pub credentials_file: Option<PathBuf>,
    /// The content of such a JSON file; takes precedence over the path. Environment variable: `GCP_CREDENTIALS_JSON`.
    pub credentials_json: Option<Secret>,
    /// The base URL of speech to text. Environment variable: `GOOGLE_SPEECH_BASE_URL`.
    pub speech_base_url: BaseUrl,
    /// The base URL of text to speech. Environment variable: `GOOGLE_TTS_BASE_URL`.
    pub tts_base_url: BaseUrl,
    /// The endpoint that returns an access token for the account. Environment variable: `GOOGLE_TOKEN_URL`.
    pub token_url: BaseUrl,
}

impl Default for GoogleConfig {
    fn default() -> Self {
        Self {
            credentials_file: None,
            credentials_json: None,
            speech_base_url: BaseUrl::from_static("https://speech.googleapis.com"),
            tts_base_url: BaseUrl::from_static("https://texttospeech.googleapis.com"),
            token_url: BaseUrl::from_static("https://oauth2.googleapis.com/token"),
        }
    }
}

impl GoogleConfig {
    /// Returns true if an account is set.
    pub fn is_configured(&self) -> bool {
        self.credentials_file.is_some() || self.credentials_json.as_ref().is_some_and(|json| !json.is_empty())
    }
}

pub(super) fn settings() -> Vec<Setting<GoogleConfig>> {
    let google = Section::<GoogleConfig>::new();
    vec![
        google
            .setting("google.credentials_file", |c| &mut c.credentials_file, optional(google_account_file()))
            .env("GOOGLE_APPLICATION_CREDENTIALS"),
        google
            .secret_setting("google.credentials_json", |c| &mut c.credentials_json, optional(google_account_json()))
            .env("GCP_CREDENTIALS_JSON"),
        google.setting("google.speech_base_url", |c| &mut c.speech_base_url, base_url()).env("GOOGLE_SPEECH_BASE_URL"),
        google.setting("google.tts_base_url", |c| &mut c.tts_base_url, base_url()).env("GOOGLE_TTS_BASE_URL"),
        google.setting("google.token_url", |c| &mut c.token_url, base_url()).env("GOOGLE_TOKEN_URL"),
    ]
}
