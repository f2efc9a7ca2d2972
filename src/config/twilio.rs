//! `[twilio]`: the account, its numbers and templates.

use super::parser::{base_url, decimal, optional, phone_number, secret, template_variables, token};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::{AllowedValues, PhoneNumber, SettingFault};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TwilioConfig {
    /// The account SID, `AC…`. Environment variable: `TWILIO_ACCOUNT_SID`.
    pub account_sid: Option<String>,
    /// The token that signs webhooks and authenticates REST requests. Environment variable: `TWILIO_AUTH_TOKEN`.
    pub auth_token: Option<Secret>,
    /// A second token that is accepted while tokens are rotated. Environment variable: `TWILIO_AUTH_TOKEN_SECONDARY`.
    pub auth_token_secondary: Option<Secret>,
    /// The base URL of Twilio's REST API. Environment variable: `TWILIO_API_BASE_URL`.
    pub api_base_url: BaseUrl,
    /// The base URL of Twilio's Content API. Environment variable: `TWILIO_CONTENT_BASE_URL`.
    pub content_base_url: BaseUrl,
    /// The WhatsApp sender, written as `whatsapp:+972…` or `+972…`. Environment variable: `TWILIO_WA_FROM`.
    pub wa_from: Option<PhoneNumber>,
    /// The number that callers dial. `agentlocator doctor` checks it; by default, each number whose webhooks point to
    /// this daemon. The agent also makes calls from it, unless it returns a call to another number of the business.
    /// Environment variable: `TWILIO_PHONE_NUMBER`.
    pub phone_number: Option<PhoneNumber>,
    /// The template for messages outside the 24-hour window, `HX…`. Environment variable: `TWILIO_WA_TEMPLATE_SID`.
    pub wa_template_sid: Option<String>,
    /// The template's variables as JSON; `{{text}}` is replaced by the message. Environment variable:
    /// `TWILIO_WA_TEMPLATE_VARIABLES`.
    pub wa_template_variables: Option<String>,
    /// The estimated price of a WhatsApp message with free text, in US dollars. This is a setting, because Twilio
    /// reports a price only after the message was sent, and Meta's part depends on the country.
    pub wa_text_price_usd: f64,
    /// The estimated price of a WhatsApp message with the template, in US dollars.
    pub wa_template_price_usd: f64,
}

impl Default for TwilioConfig {
    fn default() -> Self {
        Self {
            account_sid: None,
            auth_token: None,
            auth_token_secondary: None,
            api_base_url: BaseUrl::from_static("https://api.twilio.com"),
            content_base_url: BaseUrl::from_static("https://content.twilio.com"),
            wa_from: None,
            phone_number: None,
            wa_template_sid: None,
            wa_template_variables: None,
            // Twilio's fee of $0.005, and Meta's for a utility template in Israel, which since October 2026 is charged
            // for free text as well.
            wa_text_price_usd: 0.0103,
            wa_template_price_usd: 0.0103,
        }
    }
}

impl TwilioConfig {
    /// Accepted for webhook signatures, the primary token first; empty if no token is set.
    pub fn auth_tokens(&self) -> impl Iterator<Item = &Secret> {
        self.auth_token.iter().chain(&self.auth_token_secondary).filter(|token| !token.is_empty())
    }

    /// The base URL of Twilio's Messaging API. It has the region of `api_base_url`; a host that is not Twilio's, such as a
    /// proxy, answers for both.
    pub fn messaging_base_url(&self) -> String {
        let api = self.api_base_url.as_str();
        match api.strip_prefix("https://api.") {
            Some(host) if host == "twilio.com" || host.ends_with(".twilio.com") => {
                format!("https://messaging.{host}")
            }
            _ => api.to_owned(),
        }
    }

    /// `None` if they are incomplete.
    pub fn credentials(&self) -> Option<(&str, &Secret)> {
        let token = self.auth_token.as_ref().filter(|token| !token.is_empty())?;
        Some((self.account_sid.as_deref().filter(|sid| !sid.is_empty())?, token))
    }
}

pub(super) fn settings() -> Vec<Setting<TwilioConfig>> {
    let twilio = Section::<TwilioConfig>::new();
    vec![
        twilio
            .setting(
                "twilio.account_sid",
                |c| &mut c.account_sid,
                optional(token(AllowedValues::AccountSid, reject_account_sid)),
            )
            .env("TWILIO_ACCOUNT_SID"),
        twilio.secret_setting("twilio.auth_token", |c| &mut c.auth_token, optional(secret())).env("TWILIO_AUTH_TOKEN"),
        twilio
            .secret_setting("twilio.auth_token_secondary", |c| &mut c.auth_token_secondary, optional(secret()))
            .env("TWILIO_AUTH_TOKEN_SECONDARY"),
        twilio.setting("twilio.api_base_url", |c| &mut c.api_base_url, base_url()).env("TWILIO_API_BASE_URL"),
        twilio
            .setting("twilio.content_base_url", |c| &mut c.content_base_url, base_url())
            .env("TWILIO_CONTENT_BASE_URL"),
        twilio.setting("twilio.wa_from", |c| &mut c.wa_from, optional(phone_number())).env("TWILIO_WA_FROM"),
        twilio
            .setting("twilio.phone_number", |c| &mut c.phone_number, optional(phone_number()))
            .env("TWILIO_PHONE_NUMBER"),
        twilio
            .setting(
                "twilio.wa_template_sid",
                |c| &mut c.wa_template_sid,
                optional(token(AllowedValues::TemplateSid, reject_template_sid)),
            )
            .env("TWILIO_WA_TEMPLATE_SID"),
        twilio
            .setting("twilio.wa_template_variables", |c| &mut c.wa_template_variables, optional(template_variables()))
            .env("TWILIO_WA_TEMPLATE_VARIABLES"),
        twilio.setting("twilio.wa_text_price_usd", |c| &mut c.wa_text_price_usd, decimal(0.0..=10.0)),
        twilio.setting("twilio.wa_template_price_usd", |c| &mut c.wa_template_price_usd, decimal(0.0..=10.0)),
    ]
}

/// Rejects the SID of an API key, which Twilio's console shows near the account SID. Otherwise this mistake would cause
/// an error only at the first request.
fn reject_account_sid(sid: &str) -> Option<SettingFault> {
    sid.starts_with("SK").then_some(SettingFault::ApiKeySid)
}

fn reject_template_sid(sid: &str) -> Option<SettingFault> {
    (!sid.starts_with("HX")).then_some(SettingFault::NoContentSid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messaging_api_is_in_the_same_region() {
        let of = |api: &str| {
            TwilioConfig { api_base_url: BaseUrl::parse(api).unwrap(), ..TwilioConfig::default() }.messaging_base_url()
        };
        assert_eq!(TwilioConfig::default().messaging_base_url(), "https://messaging.twilio.com");
        assert_eq!(of("https://api.dublin.ie1.twilio.com"), "https://messaging.dublin.ie1.twilio.com");
        for own in ["http://127.0.0.1:9001", "https://api.example.com", "https://api.twilio.com.evil.example"] {
            assert_eq!(of(own), own);
        }
    }
}
