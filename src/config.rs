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
mod http;
mod last_good;
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
pub use openai::{Eagerness, OpenAiConfig, TurnDetection};
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

use crate::domain::Language;
use serde::Serialize;

/// The settings of all sections.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    /// The listeners and the public address.
    pub http: HttpConfig,
    /// TLS certificates.
    pub tls: TlsConfig,
    /// Twilio: the account, its numbers and templates.
    pub twilio: TwilioConfig,
    /// WhatsApp: both providers, the bridge, and limits.
    pub whatsapp: WhatsAppConfig,
    /// OpenAI: the account, addresses and models.
    pub openai: OpenAiConfig,
    /// Google's speech services.
    pub google: GoogleConfig,
    pub elevenlabs: ElevenLabsConfig,
    pub deepgram: DeepgramConfig,
    pub soniox: SonioxConfig,
    /// The pipeline engine.
    pub pipeline: PipelineConfig,
    /// Calls: engines, greetings, limits and recording.
    pub voice: VoiceConfig,
    /// The business: its name, time zone and country.
    pub business: BusinessConfig,
    /// The agent: its instructions and transfer number.
    pub agent: AgentConfig,
    /// Alert recipients and thresholds.
    pub alerts: AlertsConfig,
    /// The mail server.
    pub mail: MailConfig,
    /// The limits of free disk space below which media files are not stored, or the disk counts as full.
    pub disk: DiskConfig,
    /// The retention periods of stored data.
    pub retention: RetentionConfig,
    /// Nightly maintenance.
    pub maintenance: MaintenanceConfig,
    /// The location of the database.
    pub store: StoreConfig,
    /// The nightly snapshots.
    pub backup: BackupConfig,
    /// The log level.
    pub log: LogConfig,
    /// The check for newer releases.
    pub updates: UpdatesConfig,
    /// The version of this build.
    #[serde(skip)]
    pub version: VersionInfo,
    /// The origin of each setting, such as the file or an environment variable.
    #[serde(skip)]
    pub origins: Origins,
    /// The errors in the configured settings, if the last working settings are used instead; otherwise empty.
    #[serde(skip)]
    pub rejected: Vec<Problem>,
    /// Messages about credential files that no setting reads.
    #[serde(skip)]
    pub unknown_credentials: Vec<String>,
    /// Messages about secrets set on the web page that no setting reads.
    #[serde(skip)]
    pub unused_secrets: Vec<String>,
}

impl Config {
    /// Returns how long the input logs of phone calls are kept, in days; 0 if no inputs are logged. These logs contain
    /// audio and words, so they are kept no longer than recordings and transcripts, whose limit 0 means forever.
    pub fn input_log_days(&self) -> u32 {
        let limits = [self.retention.recordings_days, self.retention.transcripts_days];
        let limit = limits.into_iter().filter(|days| *days > 0).min().unwrap_or(u32::MAX);
        if self.voice.recording { self.voice.input_log_days.min(limit) } else { 0 }
    }

    /// Returns whether WhatsApp through Twilio is enabled: the value of `whatsapp.enable_twilio` if that is set,
    /// otherwise true if all settings that Twilio needs are set.
    pub fn twilio_whatsapp_enabled(&self) -> bool {
        self.whatsapp.enable_twilio.unwrap_or_else(|| self.has_twilio_sender())
    }

    /// Returns true if Twilio's account, token and WhatsApp sender are set.
    fn has_twilio_sender(&self) -> bool {
        self.twilio.credentials().is_some() && self.twilio.wa_from.is_some()
    }

    /// Returns the language of the texts for the business's users: Hebrew if the agent's language is Hebrew, otherwise
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
