//! `[whatsapp]`: both ways, and which one when.

use super::Secret;
use crate::domain::Provider;
use serde::{Deserialize, Serialize};

/// Which provider sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderChoice {
    /// As the policy says.
    #[default]
    Auto,
    /// Only Twilio.
    Twilio,
    /// Only the bridge.
    Baileys,
}

/// Both ways of WhatsApp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhatsAppConfig {
    /// Which provider sends. `WHATSAPP_PROVIDER`.
    pub provider: ProviderChoice,
    /// The order in which `auto` falls back. `WA_PROVIDER_PRIORITY`, separated by commas.
    pub priority: Vec<Provider>,
    /// Use Twilio; by default where its credentials and sender are set. `ENABLE_WA_TWILIO`.
    pub enable_twilio: Option<bool>,
    /// Use the bridge; by default where its secret is set. `ENABLE_WA_BAILEYS`.
    pub enable_baileys: Option<bool>,
    /// The bridge's `…/send`; wins over `baileys_port`. `BAILEYS_OUTBOUND_URL`.
    pub baileys_outbound_url: Option<String>,
    /// The bridge's port on 127.0.0.1. `WA_BAILEYS_PORT`.
    pub baileys_port: u16,
    /// Key of the bridge's `X-BAILEYS-SIGNATURE`. `WA_SHARED_SECRET`.
    pub shared_secret: Option<Secret>,
    /// The bridge's `X-BAILEYS-SECRET`. `BAILEYS_WEBHOOK_SECRET`.
    pub webhook_secret: Option<Secret>,
    /// Keep a person-like pace on the bridge's way. `WA_PACING=off` for tests.
    pub pacing: bool,
    /// Messages a minute on the bridge's way.
    pub per_minute: u32,
    /// People a day that we may write to first on the bridge's way.
    pub new_chats_per_day: u32,
    /// The country of numbers without a country code, ISO 3166.
    pub default_country: String,
    /// The largest file that is fetched or sent, in bytes.
    pub max_media_bytes: u64,
}

impl Default for WhatsAppConfig {
    fn default() -> Self {
        Self {
            provider: ProviderChoice::Auto,
            priority: vec![Provider::Baileys, Provider::Twilio],
            enable_twilio: None,
            enable_baileys: None,
            baileys_outbound_url: None,
            baileys_port: 8000,
            shared_secret: None,
            webhook_secret: None,
            pacing: true,
            per_minute: 20,
            new_chats_per_day: 15,
            default_country: "IL".into(),
            max_media_bytes: 16 << 20,
        }
    }
}

impl WhatsAppConfig {
    /// Key of the HMAC; the token stands in where only that is set.
    pub fn hmac_secret(&self) -> Option<&Secret> {
        present(self.shared_secret.as_ref()).or_else(|| present(self.webhook_secret.as_ref()))
    }

    /// The token; the HMAC's key stands in where only that is set.
    pub fn token_secret(&self) -> Option<&Secret> {
        present(self.webhook_secret.as_ref()).or_else(|| present(self.shared_secret.as_ref()))
    }

    /// Whether the bridge is in use.
    pub fn baileys_enabled(&self) -> bool {
        self.enable_baileys.unwrap_or_else(|| self.token_secret().is_some())
    }

    /// The bridge's address for sending.
    pub fn baileys_send_url(&self) -> String {
        self.baileys_outbound_url.clone().unwrap_or_else(|| format!("http://127.0.0.1:{}/send", self.baileys_port))
    }

    /// The country of numbers without a country code.
    pub fn country(&self) -> phonenumber::country::Id {
        self.default_country.parse().unwrap_or(phonenumber::country::IL)
    }
}

fn present(secret: Option<&Secret>) -> Option<&Secret> {
    secret.filter(|secret| !secret.is_empty())
}
