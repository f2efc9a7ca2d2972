//! `[twilio]`: the account, its numbers and templates.

use super::Secret;
use serde::{Deserialize, Serialize};

/// The Twilio account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioConfig {
    /// `AC…`. `TWILIO_ACCOUNT_SID`.
    pub account_sid: Option<String>,
    /// Signs webhooks and opens the REST interface. `TWILIO_AUTH_TOKEN`.
    pub auth_token: Option<Secret>,
    /// Accepted beside the first one while tokens are rotated. `TWILIO_AUTH_TOKEN_SECONDARY`.
    pub auth_token_secondary: Option<Secret>,
    /// Where Twilio's REST interface is. `TWILIO_API_BASE_URL`.
    pub api_base_url: String,
    /// Where Twilio's Content interface is. `TWILIO_CONTENT_BASE_URL`.
    pub content_base_url: String,
    /// The WhatsApp sender, `whatsapp:+972…` or `+972…`. `TWILIO_WA_FROM`.
    pub wa_from: Option<String>,
    /// The template for messages outside the 24 hours, `HX…`. `TWILIO_WA_TEMPLATE_SID`.
    pub wa_template_sid: Option<String>,
    /// Its variables as JSON, in which `{{text}}` stands for the message. `TWILIO_WA_TEMPLATE_VARIABLES`.
    pub wa_template_variables: Option<String>,
}

impl Default for TwilioConfig {
    fn default() -> Self {
        Self {
            account_sid: None,
            auth_token: None,
            auth_token_secondary: None,
            api_base_url: "https://api.twilio.com".into(),
            content_base_url: "https://content.twilio.com".into(),
            wa_from: None,
            wa_template_sid: None,
            wa_template_variables: None,
        }
    }
}

impl TwilioConfig {
    /// The tokens that a signature may be made with, the main one first; none if Twilio is not configured.
    pub fn auth_tokens(&self) -> impl Iterator<Item = &Secret> {
        self.auth_token.iter().chain(&self.auth_token_secondary).filter(|token| !token.is_empty())
    }

    /// What the REST interface asks for; none if it is not all there.
    pub fn credentials(&self) -> Option<(&str, &Secret)> {
        let token = self.auth_token.as_ref().filter(|token| !token.is_empty())?;
        Some((self.account_sid.as_deref().filter(|sid| !sid.is_empty())?, token))
    }
}
