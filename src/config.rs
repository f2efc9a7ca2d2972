//! Settings: one struct for each section of `config.toml`, checked whole before anything starts.
//!
//! Nothing outside this room reads the environment. What is missing has a working default, so an empty box starts.

mod agent;
mod base_url;
mod check;
mod draft;
mod environment;
mod error;
mod file;
mod found;
mod google;
mod http;
mod load;
mod log;
mod openai;
mod origin;
mod rule;
mod secret;
mod secret_file;
mod setting;
mod speech;
mod store;
mod suggest;
mod twilio;
mod version;
mod voice;
mod whatsapp;

pub use agent::AgentConfig;
pub use base_url::{BaseUrl, BaseUrlError};
pub use environment::process_env;
pub use error::{ConfigErrors, Problem};
pub use google::GoogleConfig;
pub use http::{DEFAULT_PORT, HttpConfig};
pub use load::{ShownSetting, load};
pub use log::{LogConfig, LogLevel};
pub use openai::{Eagerness, OpenAiConfig, TurnDetection};
pub use origin::{Origin, Origins};
pub use secret::Secret;
pub use speech::{DeepgramConfig, ElevenLabsConfig};
pub use store::StoreConfig;
pub use twilio::TwilioConfig;
pub use version::VersionInfo;
pub use voice::{EngineChoice, VoiceConfig};
pub use whatsapp::{ProviderChoice, WhatsAppConfig};

use serde::Serialize;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    /// Listeners and public address.
    pub http: HttpConfig,
    /// The Twilio account.
    pub twilio: TwilioConfig,
    /// Both ways of WhatsApp.
    pub whatsapp: WhatsAppConfig,
    /// The AI.
    pub openai: OpenAiConfig,
    /// Google's speech services.
    pub google: GoogleConfig,
    /// ElevenLabs.
    pub elevenlabs: ElevenLabsConfig,
    /// Deepgram.
    pub deepgram: DeepgramConfig,
    /// How calls go.
    pub voice: VoiceConfig,
    /// What the agent is and says.
    pub agent: AgentConfig,
    /// Where the data is.
    pub store: StoreConfig,
    /// What is logged.
    pub log: LogConfig,
    /// What this build is.
    #[serde(skip)]
    pub version: VersionInfo,
    /// Where each setting came from.
    #[serde(skip)]
    pub origins: Origins,
}

impl Config {
    /// Whether WhatsApp by Twilio is in use: as `whatsapp.enable_twilio` says, else where all that it needs is set.
    pub fn twilio_whatsapp_enabled(&self) -> bool {
        self.whatsapp.enable_twilio.unwrap_or_else(|| self.has_twilio_sender())
    }

    /// Whether account, token and sender are set.
    fn has_twilio_sender(&self) -> bool {
        self.twilio.credentials().is_some() && self.twilio.wa_from.is_some()
    }

    /// Every secret that is set: what no log may show.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [
            &self.twilio.auth_token,
            &self.twilio.auth_token_secondary,
            &self.whatsapp.shared_secret,
            &self.whatsapp.webhook_secret,
            &self.openai.api_key,
            &self.google.credentials_json,
        ]
        .into_iter()
        .flatten()
        .filter(|secret| !secret.is_empty())
    }
}
