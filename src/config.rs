//! Settings: one struct for each section of `config.toml`. All sections are validated together before the daemon starts
//! any of its services.
//!
//! Only this module reads settings from the environment. No setting is required, so the daemon also starts on a machine
//! without settings.

mod agent;
mod alerts;
mod backup;
mod base_url;
mod builder;
mod business;
mod data_marker;
mod describe;
mod diff;
mod disk;
mod disk_limit;
mod engines;
mod environment;
mod error;
mod file;
mod google;
mod hebrew;
mod http;
mod last_good;
mod likely_mistakes;
mod load;
mod log;
mod mail;
mod maintenance;
mod network;
mod openai;
mod origin;
mod page_secrets;
mod page_settings;
mod parser;
mod pipeline;
pub(crate) mod private_file;
mod raw_value;
mod reloadable;
mod retention;
mod secret;
mod setting;
mod settings_table;
mod soniox;
mod speech;
mod speech_shutdown;
mod store;
mod suggest;
mod tls;
mod twilio;
mod updates;
mod validate;
mod value_kind;
mod version;
mod voice;
mod whatsapp;

pub use agent::{AgentConfig, CallNotices};
pub use alerts::AlertsConfig;
pub use backup::{BackupConfig, BucketAccess};
pub use base_url::{BaseUrl, BaseUrlError};
pub use business::BusinessConfig;
pub use data_marker::{DataMarker, MissingData};
pub use describe::SettingInfo;
pub use diff::ConfigDiff;
pub use disk::DiskConfig;
pub use disk_limit::DiskLimit;
pub use engines::{ModelServer, TranscriptionServer};
pub use environment::process_env;
pub use error::{ConfigErrors, Problem};
pub use google::{GoogleAccount, GoogleConfig};
pub use http::{DEFAULT_PORT, HttpConfig};
pub use last_good::LastGood;
pub use load::{ShownSetting, find_data_marker, find_last_good, find_store, load};
pub use log::{LogConfig, LogLevel};
pub use mail::{MailConfig, MailTls};
pub use maintenance::MaintenanceConfig;
pub use network::Network;
pub use openai::{AudioFormat, Eagerness, OpenAiConfig, ReasoningEffort, TurnDetection};
pub use origin::{Origin, Origins};
pub use page_secrets::{PageSecrets, tool_secret};
pub use page_settings::{ChangeError, ChangeRefusal, ProposedSettings};
pub use pipeline::{PipelineConfig, Synthesiser, Transcriber};
pub use reloadable::Reloadable;
pub use retention::RetentionConfig;
pub use secret::Secret;
pub use setting::Lock;
pub use settings_table::{KnownSetting, known_settings};
pub use soniox::SonioxConfig;
pub use speech::{DeepgramConfig, ElevenLabsConfig};
pub use store::{StoreConfig, folder_of};
pub use tls::{AcmeChallenge, TlsConfig};
pub use twilio::TwilioConfig;
pub use updates::{UpdateCheck, UpdatesConfig};
pub use version::VersionInfo;
pub use voice::{AiEngine, EngineChoice, RingFirst, SAY_VOICE, VoiceConfig, say_language};
pub use whatsapp::{BridgeChallenge, ProviderChoice, WhatsAppConfig};

use crate::domain::{Language, PhoneNumber, SettingWarning};
use serde::Serialize;
use voice::MAX_RING_NUMBERS;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    pub http: HttpConfig,
    pub tls: TlsConfig,
    pub twilio: TwilioConfig,
    pub whatsapp: WhatsAppConfig,
    pub openai: OpenAiConfig,
    pub google: GoogleConfig,
    pub elevenlabs: ElevenLabsConfig,
    pub deepgram: DeepgramConfig,
    pub soniox: SonioxConfig,
    pub pipeline: PipelineConfig,
    pub voice: VoiceConfig,
    pub business: BusinessConfig,
    pub agent: AgentConfig,
    pub alerts: AlertsConfig,
    pub mail: MailConfig,
    pub disk: DiskConfig,
    pub retention: RetentionConfig,
    pub maintenance: MaintenanceConfig,
    pub store: StoreConfig,
    pub backup: BackupConfig,
    pub log: LogConfig,
    pub updates: UpdatesConfig,
    #[serde(skip)]
    pub version: VersionInfo,
    #[serde(skip)]
    pub origins: Origins,
    /// The errors in the configured settings, if the last working settings are used instead; otherwise empty.
    #[serde(skip)]
    pub rejected: Vec<Problem>,
    /// Messages about credential files that no setting reads.
    #[serde(skip)]
    pub unknown_credentials: Vec<SettingWarning>,
    /// Messages about secrets set on the web page that no setting reads.
    #[serde(skip)]
    pub unused_secrets: Vec<SettingWarning>,
}

impl Config {
    /// The phones at which a call rings at the same time before the AI answers it, at most as many as Twilio dials at once.
    pub fn ring_numbers(&self) -> &[PhoneNumber] {
        match self.voice.ring_numbers.as_slice() {
            [] => self.agent.transfer_to.as_slice(),
            numbers => &numbers[..numbers.len().min(MAX_RING_NUMBERS)],
        }
    }

    /// Returns how long the input logs of phone calls are kept, in days; 0 if no inputs are logged. These logs contain
    /// audio and words, so they are kept no longer than recordings and transcripts, whose limit 0 means forever.
    pub fn input_log_days(&self) -> u32 {
        let limits = [self.retention.recordings_days, self.retention.transcripts_days];
        let limit = limits.into_iter().filter(|days| *days > 0).min().unwrap_or(u32::MAX);
        if self.voice.recording { self.voice.input_log_days.min(limit) } else { 0 }
    }

    /// The value of `whatsapp.enable_twilio` if that is set, otherwise true if Twilio's account, token and WhatsApp
    /// sender are set.
    pub fn twilio_whatsapp_enabled(&self) -> bool {
        self.whatsapp.enable_twilio.unwrap_or_else(|| self.has_twilio_sender())
    }

    fn has_twilio_sender(&self) -> bool {
        self.twilio.credentials().is_some() && self.twilio.wa_from.is_some()
    }

    /// The language of the texts for the business's users: Hebrew if the agent's language is Hebrew, otherwise
    /// English.
    pub fn language(&self) -> Language {
        Language::for_tag(&self.agent.language)
    }

    pub fn alerts_language(&self) -> Language {
        self.alerts.language.unwrap_or_else(|| self.language())
    }

    /// Returns all secrets that are set, for redaction in logs.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [
            &self.twilio.auth_token,
            &self.twilio.auth_token_secondary,
            &self.whatsapp.shared_secret,
            &self.whatsapp.webhook_secret,
            &self.openai.api_key,
            &self.soniox.api_key,
            &self.elevenlabs.api_key,
            &self.deepgram.api_key,
            &self.pipeline.model_api_key,
            &self.pipeline.speech_api_key,
            &self.pipeline.transcription_api_key,
            &self.google.credentials_json,
            &self.mail.password,
            &self.tls.acme_eab_hmac_key,
            &self.backup.s3_access_key_id,
            &self.backup.s3_secret_access_key,
        ]
        .into_iter()
        .flatten()
        .filter(|secret| !secret.is_empty())
    }
}
