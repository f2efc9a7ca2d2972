//! The active settings and the objects that are built from them. A reload replaces all of them at once.

use super::TwilioPrompts;
use super::outbox::ProviderSenders;
use crate::config::{Config, ConfigErrors, ProviderChoice, Reloadable, WhatsAppConfig};
use crate::crm::outbox::NewChatLimits;
use crate::domain::{PhoneNumber, Provider};
use crate::inbox::policy::RoutingRules;
use crate::inbox::send_rate::SendRate;
use crate::providers::baileys::bridge::Bridge;
use crate::providers::safe_fetch::{Forbidden, SafeFetcher, Trusted};
use crate::providers::twilio::media::TwilioMediaFetcher;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// Shared handle to the active settings; clones refer to the same value.
pub type Settings = Reloadable<ActiveSettings>;

impl Settings {
    pub fn config(&self) -> Arc<Config> {
        self.current().config.clone()
    }
}

/// An operation calls [`crate::config::Reloadable::current`] once, and keeps that value until it has finished.
pub struct ActiveSettings {
    pub config: Arc<Config>,
    pub prompts: TwilioPrompts,
    /// The client of the WhatsApp bridge; `None` if the settings do not use the bridge.
    pub bridge: Option<Bridge>,
    /// Fetches and checks files that may be sent to contacts, and files of the bridge.
    pub files: SafeFetcher,
    /// The rules for the choice of the provider that sends a WhatsApp message.
    pub rules: RoutingRules,
    /// Sends the requests of the owner's tools.
    pub(super) own_tools: SafeFetcher,
    pub(super) twilio_files: TwilioMediaFetcher,
    /// Fetches recordings from the addresses to which Twilio redirects.
    pub(super) recording_files: SafeFetcher,
    pub(super) senders: ProviderSenders,
}

#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error("cannot create an HTTP client")]
    Client(#[from] reqwest::Error),
}

impl ActiveSettings {
    /// Builds the objects for these settings without activating them. The clients of Twilio, and of a bridge with an
    /// https address, share the connections of `client`. `greeting` is the audio of the greeting that was set on the
    /// web page, if any.
    pub fn build(
        config: Arc<Config>,
        greeting: Option<Vec<u8>>,
        client: &reqwest::Client,
    ) -> Result<Self, ActivationError> {
        let prompts = TwilioPrompts::load(&config)?.with_greeting(greeting);
        let bridge = config.whatsapp.baileys_enabled().then(|| Bridge::new(client.clone(), &config)).transpose()?;
        let files = public_files(&config)?;
        Ok(Self {
            prompts,
            rules: rules(&config),
            senders: ProviderSenders::new(&config, client.clone(), bridge.clone(), files.clone()),
            twilio_files: TwilioMediaFetcher::new(client.clone(), &config)?,
            recording_files: SafeFetcher::new(Trusted::Nothing, MAX_RECORDING_BYTES as u64)?,
            own_tools: SafeFetcher::new(own_servers(&config), MAX_TOOL_RESPONSE_BYTES)?,
            bridge,
            files,
            config,
        })
    }

    /// Compares the audio itself, because a file can change while its name stays the same.
    pub fn changed_audio(&self, next: &Self) -> Vec<&'static str> {
        let both = [
            ("voice.greeting_file", &self.prompts.greeting, &next.prompts.greeting),
            ("voice.fallback_file", &self.prompts.fallback, &next.prompts.fallback),
        ];
        both.into_iter().filter(|(_, before, after)| before.etag != after.etag).map(|(key, ..)| key).collect()
    }

    pub async fn check_tool_address(&self, address: &str) -> Result<(), Forbidden> {
        self.own_tools.check(address).await
    }

    /// `None` if rate limiting is switched off.
    pub(super) fn send_rate(&self) -> Option<SendRate> {
        let WhatsAppConfig { pacing, per_minute, new_chats_per_day, .. } = self.config.whatsapp;
        pacing.then_some(SendRate { per_minute, new_chats_per_day })
    }
}

/// For files that may be sent or fetched: files at public addresses, and files of the bridge.
fn public_files(config: &Config) -> Result<SafeFetcher, reqwest::Error> {
    let origin = Url::parse(&config.whatsapp.baileys_send_url()).map(|url| url.origin().ascii_serialization());
    let trusted = match origin {
        Ok(origin) if config.whatsapp.baileys_enabled() => {
            Trusted::Origin { origin, socket: config.whatsapp.bridge_socket().map(Path::to_owned) }
        }
        _ => Trusted::Nothing,
    };
    SafeFetcher::new(trusted, config.whatsapp.max_media_bytes)
}

/// Returns which servers on this machine the owner's tools may use: all if the settings use a fake Twilio on this
/// machine (only such a server may have an `http://` address), otherwise none.
fn own_servers(config: &Config) -> Trusted {
    if config.twilio.api_base_url.as_str().starts_with("http://") { Trusted::Loopback } else { Trusted::Nothing }
}

/// Maximum size of a response to a tool of the owner, in bytes. The model does not receive a longer response.
const MAX_TOOL_RESPONSE_BYTES: u64 = 16 << 10;

/// Maximum size of a recording in bytes, enough for two hours of telephone audio.
pub(super) const MAX_RECORDING_BYTES: usize = 128 << 20;

pub fn rules(config: &Config) -> RoutingRules {
    let in_use = |provider: &Provider| match provider {
        Provider::Twilio => config.twilio_whatsapp_enabled(),
        Provider::Baileys => config.whatsapp.baileys_enabled(),
    };
    // Providers that are in use but missing from the list are appended.
    let mut priority: Vec<Provider> = Vec::new();
    for provider in config.whatsapp.priority.iter().chain(Provider::ALL).filter(|provider| in_use(provider)) {
        if !priority.contains(provider) {
            priority.push(*provider);
        }
    }
    let only = match config.whatsapp.provider {
        ProviderChoice::Auto => None,
        ProviderChoice::Twilio => Some(Provider::Twilio),
        ProviderChoice::Baileys => Some(Provider::Baileys),
    };
    RoutingRules { only, priority, template: config.twilio.wa_template_sid.is_some() }
}

pub fn new_chats(config: &Config) -> NewChatLimits {
    let country = config.business.country;
    let home = || vec![PhoneNumber::calling_code(country)];
    let config = &config.whatsapp;
    NewChatLimits {
        prefixes: if config.new_chat_prefixes.is_empty() { home() } else { config.new_chat_prefixes.clone() },
        country,
        per_author: config.new_chats_per_user_per_day,
        in_all: config.new_chats_in_all_per_day,
    }
}
