//! `[whatsapp]`: the two providers, the choice between them, and limits.

use super::parser::{ParseError, Parser, boolean, bridge_url, choice, choices, integer, list, optional, path, secret};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::{AllowedValues, Provider, SettingFault, text_enum};
use serde::Serialize;
use std::path::{Path, PathBuf};

text_enum! {
    /// The provider that sends messages.
    ProviderChoice {
        /// The routing policy chooses.
        Auto = "auto",
        /// Only Twilio.
        Twilio = "twilio",
        /// Only the bridge.
        Baileys = "baileys",
    }
}

text_enum! {
    /// Whether the bridge must prove that it knows the shared secret before the daemon sends requests to it. After the
    /// proof, requests are signed, and the secret itself is not sent. This applies to plain HTTP only: a Unix socket
    /// is protected by the permissions of its folder, and an https server by its certificate.
    BridgeChallenge {
        /// The proof is required once the bridge has given it for the first time. Before that, the secret is sent
        /// without a proof, because other bridge software may not support the challenge.
        Auto = "auto",
        /// The proof is always required; otherwise the secret is not sent.
        Required = "required",
        /// No proof is required; the secret is sent with each request.
        Off = "off",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatsAppConfig {
    /// The provider that sends messages. Environment variable: `WHATSAPP_PROVIDER`.
    pub provider: ProviderChoice,
    /// The order of providers for `auto`; enabled providers that are missing here follow. Environment variable:
    /// `WA_PROVIDER_PRIORITY`, separated by commas.
    pub priority: Vec<Provider>,
    /// Whether to use Twilio; by default, Twilio is used if its credentials and sender are set. Environment variable:
    /// `ENABLE_WA_TWILIO`.
    pub enable_twilio: Option<bool>,
    /// Whether to use the bridge; by default, it is used if its secret is set. Environment variable:
    /// `ENABLE_WA_BAILEYS`.
    pub enable_baileys: Option<bool>,
    /// The bridge's URL for sending, `…/send`; takes precedence over `baileys_port`. Environment variable:
    /// `BAILEYS_OUTBOUND_URL`.
    pub baileys_outbound_url: Option<BaseUrl>,
    /// The bridge's port on 127.0.0.1. Environment variable: `WA_BAILEYS_PORT`.
    pub baileys_port: u16,
    /// The Unix socket on which the bridge listens. It is not used if a URL, or another port than 8000, is set. Only a
    /// user with write access to the socket's folder can listen there, so no other program can receive the secret.
    /// Environment variable: `WA_BRIDGE_SOCKET`.
    pub baileys_socket: Option<PathBuf>,
    /// Whether the bridge must prove that it knows the secret before the daemon sends the secret. Environment variable:
    /// `WA_BRIDGE_CHALLENGE`.
    pub bridge_challenge: BridgeChallenge,
    /// The HMAC key of the bridge's `X-BAILEYS-SIGNATURE` header. Environment variable: `WA_SHARED_SECRET`.
    pub shared_secret: Option<Secret>,
    /// The token in the bridge's `X-BAILEYS-SECRET` header. Environment variable: `BAILEYS_WEBHOOK_SECRET`.
    pub webhook_secret: Option<Secret>,
    /// Whether the send rate of the bridge is limited to that of a human. Otherwise `per_minute` and
    /// `new_chats_per_day` have no effect. Environment variable: `WA_PACING` (`off` for tests).
    pub pacing: bool,
    /// Maximum number of messages per minute through the bridge.
    pub per_minute: u32,
    /// Maximum number of contacts per day to whom the business may write first through the bridge.
    pub new_chats_per_day: u32,
    /// Prefixes of phone numbers with which a conversation may be started through either provider, such as `+972`; `+`
    /// allows every number. An empty list means the calling code of `business.country`.
    pub new_chat_prefixes: Vec<String>,
    /// Maximum number of conversations that one user or token may start in 24 hours, through either provider.
    pub new_chats_per_user_per_day: u32,
    /// Maximum number of conversations that all users and tokens together may start in 24 hours, through either
    /// provider.
    pub new_chats_in_all_per_day: u32,
    /// Maximum size of a file that is fetched or sent, in bytes.
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
            baileys_port: DEFAULT_PORT,
            baileys_socket: None,
            bridge_challenge: BridgeChallenge::Auto,
            shared_secret: None,
            webhook_secret: None,
            pacing: true,
            per_minute: 20,
            new_chats_per_day: 15,
            new_chat_prefixes: Vec::new(),
            new_chats_per_user_per_day: 50,
            new_chats_in_all_per_day: 200,
            max_media_bytes: 16 << 20,
        }
    }
}

impl WhatsAppConfig {
    /// If only the token is set, returns the token.
    pub fn hmac_secret(&self) -> Option<&Secret> {
        Secret::present(self.shared_secret.as_ref()).or_else(|| Secret::present(self.webhook_secret.as_ref()))
    }

    /// If only the HMAC key is set, returns the HMAC key.
    pub fn token_secret(&self) -> Option<&Secret> {
        Secret::present(self.webhook_secret.as_ref()).or_else(|| Secret::present(self.shared_secret.as_ref()))
    }

    pub fn baileys_enabled(&self) -> bool {
        self.enable_baileys.unwrap_or_else(|| self.token_secret().is_some())
    }

    pub fn baileys_send_url(&self) -> String {
        match &self.baileys_outbound_url {
            Some(url) => url.to_string(),
            None => format!("{}/send", BaseUrl::loopback(self.baileys_port)),
        }
    }

    /// Returns the bridge's origin, which is used for all requests except sending: `http://127.0.0.1:8000`.
    pub fn baileys_origin(&self) -> String {
        match &self.baileys_outbound_url {
            Some(url) => url.origin().to_owned(),
            None => BaseUrl::loopback(self.baileys_port).to_string(),
        }
    }

    /// `None` if the bridge is reached over TCP.
    pub fn bridge_socket(&self) -> Option<&Path> {
        let is_elsewhere = self.baileys_outbound_url.is_some() || self.baileys_port != DEFAULT_PORT;
        self.baileys_socket.as_deref().filter(|_| !is_elsewhere)
    }
}

pub(super) fn settings() -> Vec<Setting<WhatsAppConfig>> {
    let whatsapp = Section::<WhatsAppConfig>::new();
    vec![
        whatsapp
            .setting("whatsapp.provider", |c| &mut c.provider, choice(ProviderChoice::ALL, ProviderChoice::as_str))
            .env("WHATSAPP_PROVIDER"),
        whatsapp
            .setting("whatsapp.priority", |c| &mut c.priority, choices(Provider::ALL, Provider::as_str))
            .env("WA_PROVIDER_PRIORITY"),
        whatsapp
            .setting("whatsapp.enable_twilio", |c| &mut c.enable_twilio, optional(boolean()))
            .env("ENABLE_WA_TWILIO"),
        whatsapp
            .setting("whatsapp.enable_baileys", |c| &mut c.enable_baileys, optional(boolean()))
            .env("ENABLE_WA_BAILEYS"),
        whatsapp
            .setting("whatsapp.baileys_outbound_url", |c| &mut c.baileys_outbound_url, optional(bridge_url()))
            .env("BAILEYS_OUTBOUND_URL"),
        whatsapp
            .setting("whatsapp.baileys_port", |c| &mut c.baileys_port, integer(1..=u16::MAX))
            .env("WA_BAILEYS_PORT"),
        whatsapp
            .setting("whatsapp.baileys_socket", |c| &mut c.baileys_socket, optional(path()))
            .env("WA_BRIDGE_SOCKET"),
        whatsapp
            .setting(
                "whatsapp.bridge_challenge",
                |c| &mut c.bridge_challenge,
                choice(BridgeChallenge::ALL, BridgeChallenge::as_str),
            )
            .env("WA_BRIDGE_CHALLENGE"),
        whatsapp
            .secret_setting("whatsapp.shared_secret", |c| &mut c.shared_secret, optional(secret()))
            .env("WA_SHARED_SECRET"),
        whatsapp
            .secret_setting("whatsapp.webhook_secret", |c| &mut c.webhook_secret, optional(secret()))
            .env("BAILEYS_WEBHOOK_SECRET"),
        whatsapp.setting("whatsapp.pacing", |c| &mut c.pacing, boolean()).env("WA_PACING"),
        whatsapp.setting("whatsapp.per_minute", |c| &mut c.per_minute, integer(1..=600)),
        whatsapp.setting("whatsapp.new_chats_per_day", |c| &mut c.new_chats_per_day, integer(1..=10_000)),
        whatsapp.setting("whatsapp.new_chat_prefixes", |c| &mut c.new_chat_prefixes, prefixes()),
        whatsapp.setting(
            "whatsapp.new_chats_per_user_per_day",
            |c| &mut c.new_chats_per_user_per_day,
            integer(0..=100_000),
        ),
        whatsapp.setting(
            "whatsapp.new_chats_in_all_per_day",
            |c| &mut c.new_chats_in_all_per_day,
            integer(0..=100_000),
        ),
        whatsapp.setting("whatsapp.max_media_bytes", |c| &mut c.max_media_bytes, integer(1024..=1 << 30)),
    ]
}

const DEFAULT_PORT: u16 = 8000;

fn prefixes() -> Parser<Vec<String>> {
    list(AllowedValues::CallingCodes, |text| match text.strip_prefix('+') {
        Some(digits) if digits.len() <= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(text.to_owned()),
        _ => Err(ParseError::Invalid(SettingFault::NoCallingCode { value: text.to_owned() })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_yields_to_an_address_and_to_another_port() {
        let by_socket = WhatsAppConfig { baileys_socket: Some("/run/bridge.sock".into()), ..WhatsAppConfig::default() };
        assert_eq!(by_socket.bridge_socket(), Some(Path::new("/run/bridge.sock")));
        let elsewhere = Some(BaseUrl::loopback(DEFAULT_PORT));
        for settings in [
            WhatsAppConfig { baileys_port: 9001, ..by_socket.clone() },
            WhatsAppConfig { baileys_outbound_url: elsewhere, ..by_socket },
            WhatsAppConfig::default(),
        ] {
            assert_eq!(settings.bridge_socket(), None);
        }
    }
}
