//! Settings: one struct for each section of `config.toml`, checked whole before anything starts.
//!
//! Nothing outside this room reads the environment. What is missing has a working default, so an empty box starts.

mod agent;
mod google;
mod http;
mod load;
mod log;
mod openai;
mod secret;
mod store;
mod twilio;
mod version;
mod voice;
mod whatsapp;

pub use agent::AgentConfig;
pub use google::GoogleConfig;
pub use http::HttpConfig;
pub use load::{ConfigErrors, load, process_env};
pub use log::{LogConfig, LogLevel};
pub use openai::{OpenAiConfig, TurnDetection};
pub use secret::Secret;
pub use store::StoreConfig;
pub use twilio::TwilioConfig;
pub use version::VersionInfo;
pub use voice::{EngineChoice, VoiceConfig};
pub use whatsapp::{ProviderChoice, WhatsAppConfig};

use serde::{Deserialize, Serialize};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
}

impl Config {
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
