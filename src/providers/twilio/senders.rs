//! The WhatsApp senders of a Twilio account, with their webhook URLs.

use super::rest::{Error, send};
use crate::config::TwilioConfig;
use crate::domain::PhoneNumber;
use reqwest::Client;
use serde::Deserialize;
use std::time::Duration;

/// A WhatsApp sender. Unset fields are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatsAppSender {
    /// `None` if Twilio's id of the sender is not a phone number.
    pub number: Option<PhoneNumber>,
    /// The state of the sender: `ONLINE`, `OFFLINE`, `CREATING`, …
    pub status: String,
    /// Why the sender is offline, in Twilio's words.
    pub offline_reasons: Vec<String>,
    /// The URL that receives the sender's messages.
    pub callback_url: String,
    pub callback_method: String,
}

impl WhatsAppSender {
    /// Returns true if messages can be sent and received.
    pub fn is_online(&self) -> bool {
        matches!(self.status.as_str(), "ONLINE" | "ONLINE:UPDATING")
    }
}

/// Returns the first 1,000 WhatsApp senders of the account (`GET /v2/Channels/Senders`).
pub async fn whatsapp_senders(
    client: &Client,
    config: &TwilioConfig,
    limit: Duration,
) -> Result<Vec<WhatsAppSender>, Error> {
    #[derive(Deserialize)]
    struct Page {
        senders: Vec<Wire>,
    }
    let url = format!("{}/v2/Channels/Senders", config.messaging_base_url());
    let query = [("Channel", "whatsapp"), ("PageSize", MAX_SENDERS)];
    let page: Page = send(config, client.get(url).query(&query).timeout(limit)).await?.json().await?;
    Ok(page.senders.into_iter().map(WhatsAppSender::from).collect())
}

/// A sender in Twilio's format, in which an unset field is absent, `null` or an empty text.
#[derive(Deserialize)]
struct Wire {
    sender_id: Option<String>,
    status: Option<String>,
    offline_reasons: Option<Vec<Reason>>,
    webhook: Option<Webhook>,
}

#[derive(Deserialize)]
struct Reason {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
struct Webhook {
    callback_url: Option<String>,
    callback_method: Option<String>,
}

impl From<Wire> for WhatsAppSender {
    fn from(wire: Wire) -> Self {
        let webhook = wire.webhook.unwrap_or_default();
        let reasons = wire.offline_reasons.unwrap_or_default();
        Self {
            number: wire.sender_id.and_then(|id| PhoneNumber::parse_international(&id).ok()),
            status: wire.status.unwrap_or_default(),
            offline_reasons: reasons.into_iter().filter_map(|reason| reason.message.or(reason.code)).collect(),
            callback_url: webhook.callback_url.unwrap_or_default(),
            callback_method: webhook.callback_method.unwrap_or_default(),
        }
    }
}

/// The maximum page size that Twilio allows.
const MAX_SENDERS: &str = "1000";
