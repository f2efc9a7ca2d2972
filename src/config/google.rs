//! `[google]`: Google's speech services for the pipeline engine.

use super::parser::{
    base_url, google_account_file, google_account_json, integer, model_name, optional, token, voice_name,
};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::{AllowedValues, SettingFault, SettingWarning};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoogleConfig {
    /// The path of a service account's JSON file. Environment variable: `GOOGLE_APPLICATION_CREDENTIALS`.
    pub credentials_file: Option<PathBuf>,
    /// The content of a service account's JSON file; takes precedence over the path. Environment variable:
    /// `GCP_CREDENTIALS_JSON`.
    pub credentials_json: Option<Secret>,
    /// The region of speech to text and text to speech, which is a part of their addresses. Not every model exists in
    /// every region.
    pub region: String,
    /// The base URL of speech to text; `None` means that of the region. Environment variable: `GOOGLE_SPEECH_BASE_URL`.
    pub speech_base_url: Option<BaseUrl>,
    /// The base URL of text to speech; `None` means that of the region. Environment variable: `GOOGLE_TTS_BASE_URL`.
    pub tts_base_url: Option<BaseUrl>,
    /// The endpoint that returns an access token for the account. Environment variable: `GOOGLE_TOKEN_URL`.
    pub token_url: BaseUrl,
    pub stt_model: String,
    /// The name of a Chirp 3 HD voice, without language and model: each voice speaks every language.
    pub voice: String,
    /// The silence that ends the caller's turn, in milliseconds.
    pub silence_ms: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum GoogleAccount<'a> {
    Json(&'a Secret),
    File(&'a Path),
}

impl Default for GoogleConfig {
    fn default() -> Self {
        Self {
            credentials_file: None,
            credentials_json: None,
            region: "eu".into(),
            speech_base_url: None,
            tts_base_url: None,
            token_url: BaseUrl::from_static("https://oauth2.googleapis.com/token"),
            stt_model: "chirp_3".into(),
            voice: "Kore".into(),
            silence_ms: 600,
        }
    }
}

impl GoogleConfig {
    pub fn is_configured(&self) -> bool {
        self.account().is_some()
    }

    pub fn account(&self) -> Option<GoogleAccount<'_>> {
        let json = Secret::present(self.credentials_json.as_ref()).map(GoogleAccount::Json);
        json.or_else(|| self.credentials_file.as_deref().map(GoogleAccount::File))
    }

    /// Returns the key of the setting with the account; if no account is set, the key of the
    /// setting with the path of a file.
    pub fn account_setting(&self) -> &'static str {
        match self.account() {
            Some(GoogleAccount::Json(_)) => "google.credentials_json",
            Some(GoogleAccount::File(_)) | None => "google.credentials_file",
        }
    }

    /// Returns why the account cannot be used for speech: it is no service account, or has no private key. `None` if
    /// neither fault is found, if the account cannot be read, or if none is set. Google may still reject the key.
    pub fn account_fault(&self) -> Option<SettingWarning> {
        let json = match self.account()? {
            GoogleAccount::Json(json) => json.expose().to_owned(),
            GoogleAccount::File(file) => std::fs::read_to_string(file).ok()?,
        };
        let account: serde_json::Value = serde_json::from_str(&json).ok()?;
        let setting = self.account_setting().to_owned();
        if account["type"] != "service_account" {
            return Some(SettingWarning::GoogleNoServiceAccount { setting });
        }
        let is_key = account["private_key"].as_str().is_some_and(|key| key.contains("PRIVATE KEY-----"));
        (!is_key).then_some(SettingWarning::GoogleNoPrivateKey { setting })
    }
}

pub(super) fn settings() -> Vec<Setting<GoogleConfig>> {
    let google = Section::<GoogleConfig>::new();
    // The region becomes part of a host name.
    let region = token(AllowedValues::GoogleRegion, |text| {
        let is_plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        (!is_plain).then_some(SettingFault::OtherCharacters)
    });
    vec![
        google
            .setting("google.credentials_file", |c| &mut c.credentials_file, optional(google_account_file()))
            .env("GOOGLE_APPLICATION_CREDENTIALS"),
        google
            .secret_setting("google.credentials_json", |c| &mut c.credentials_json, optional(google_account_json()))
            .env("GCP_CREDENTIALS_JSON"),
        google.setting("google.region", |c| &mut c.region, region),
        google
            .setting("google.speech_base_url", |c| &mut c.speech_base_url, optional(base_url()))
            .env("GOOGLE_SPEECH_BASE_URL"),
        google.setting("google.tts_base_url", |c| &mut c.tts_base_url, optional(base_url())).env("GOOGLE_TTS_BASE_URL"),
        google.setting("google.token_url", |c| &mut c.token_url, base_url()).env("GOOGLE_TOKEN_URL"),
        google.setting("google.stt_model", |c| &mut c.stt_model, model_name("chirp_3")),
        google.setting("google.voice", |c| &mut c.voice, voice_name("Kore")),
        google.setting("google.silence_ms", |c| &mut c.silence_ms, integer(300..=3000)),
    ]
}
