//! The Twilio account and its phone numbers, with their webhook URLs.

use super::rest::{Error, account_url, send};
use crate::config::TwilioConfig;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The state of the account: `active`, `suspended` or `closed`.
    pub status: String,
    /// The type of the account: `Full` or `Trial`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// Unset fields are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountNumber {
    /// The id of the number: `PN…`.
    pub sid: String,
    /// The number with `+` and country code.
    pub phone_number: String,
    pub webhooks: NumberWebhooks,
    /// The URL that Twilio requests if `voice_url` fails.
    pub voice_fallback_url: String,
    /// The id of a TwiML app (`AP…`). If it is set, Twilio uses the app's URLs instead of the number's own.
    pub voice_application_sid: String,
    /// The id of a SIP trunk (`TK…`). If it is set, Twilio routes calls to the trunk.
    pub trunk_sid: String,
    /// The name of the number in Twilio's console.
    pub friendly_name: String,
    /// The capabilities of the number: `voice`, `sms`, `mms`, `fax`.
    pub capabilities: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberWebhooks {
    /// The URL that Twilio requests for an incoming call.
    pub voice_url: String,
    pub voice_method: String,
    /// The URL that receives the status of a call.
    pub status_callback: String,
    pub status_callback_method: String,
}

/// Verifies the credentials, and returns the state of the account (`GET Accounts/{Sid}.json`).
pub async fn account(client: &Client, config: &TwilioConfig, limit: Duration) -> Result<Account, Error> {
    let (sid, _) = config.credentials().ok_or(Error::NotConfigured)?;
    let url = format!("{}/2010-04-01/Accounts/{sid}.json", config.api_base_url.as_str());
    Ok(send(config, client.get(url).timeout(limit)).await?.json().await?)
}

/// Returns the first [`MAX_NUMBERS`] numbers of the account (`GET IncomingPhoneNumbers.json`).
pub async fn numbers(client: &Client, config: &TwilioConfig, limit: Duration) -> Result<Vec<AccountNumber>, Error> {
    #[derive(Deserialize)]
    struct Page {
        incoming_phone_numbers: Vec<Wire>,
    }
    let url = account_url(config, "IncomingPhoneNumbers.json")?;
    let request = client.get(url).query(&[("PageSize", MAX_NUMBERS)]).timeout(limit);
    let page: Page = send(config, request).await?.json().await?;
    Ok(page.incoming_phone_numbers.into_iter().map(AccountNumber::from).collect())
}

/// The other fields of the number do not change.
pub async fn set_number_webhooks(
    client: &Client,
    config: &TwilioConfig,
    sid: &str,
    webhooks: &NumberWebhooks,
    limit: Duration,
) -> Result<AccountNumber, Error> {
    let request = webhooks_request(client, config, sid, webhooks)?;
    let number: Wire = send(config, request.timeout(limit)).await?.json().await?;
    Ok(number.into())
}

fn webhooks_request(
    client: &Client,
    config: &TwilioConfig,
    sid: &str,
    webhooks: &NumberWebhooks,
) -> Result<RequestBuilder, Error> {
    let mut form = vec![
        ("VoiceUrl", webhooks.voice_url.as_str()),
        ("StatusCallback", &webhooks.status_callback),
        ("VoiceMethod", &webhooks.voice_method),
        ("StatusCallbackMethod", &webhooks.status_callback_method),
    ];
    // Twilio accepts an empty URL, but not an empty method.
    form.retain(|(name, value)| !value.is_empty() || !name.ends_with("Method"));
    Ok(client.post(account_url(config, &format!("IncomingPhoneNumbers/{sid}.json"))?).form(&form))
}

/// A number in Twilio's format, in which an unset field is `null` or an empty text.
#[derive(Deserialize)]
struct Wire {
    sid: String,
    phone_number: String,
    voice_url: Option<String>,
    voice_method: Option<String>,
    voice_fallback_url: Option<String>,
    status_callback: Option<String>,
    status_callback_method: Option<String>,
    voice_application_sid: Option<String>,
    trunk_sid: Option<String>,
    friendly_name: Option<String>,
    #[serde(default)]
    capabilities: BTreeMap<String, bool>,
}

impl From<Wire> for AccountNumber {
    fn from(wire: Wire) -> Self {
        Self {
            sid: wire.sid,
            phone_number: wire.phone_number,
            webhooks: NumberWebhooks {
                voice_url: wire.voice_url.unwrap_or_default(),
                voice_method: wire.voice_method.unwrap_or_default(),
                status_callback: wire.status_callback.unwrap_or_default(),
                status_callback_method: wire.status_callback_method.unwrap_or_default(),
            },
            voice_fallback_url: wire.voice_fallback_url.unwrap_or_default(),
            voice_application_sid: wire.voice_application_sid.unwrap_or_default(),
            trunk_sid: wire.trunk_sid.unwrap_or_default(),
            friendly_name: wire.friendly_name.unwrap_or_default(),
            capabilities: wire.capabilities.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
        }
    }
}

/// The maximum page size that Twilio allows.
pub const MAX_NUMBERS: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::providers::{http_client, request_text};

    #[test]
    fn the_request_that_sets_the_webhooks_of_a_number() {
        let config = TwilioConfig {
            account_sid: Some("AC1".into()),
            auth_token: Some(Secret::new("token")),
            ..TwilioConfig::default()
        };
        let webhooks = |method: &str| NumberWebhooks {
            voice_url: "https://shop.example/webhook/incoming_call".into(),
            voice_method: method.into(),
            status_callback: String::new(),
            status_callback_method: method.into(),
        };
        let client = http_client::build().unwrap();
        let request = |method| webhooks_request(&client, &config, "PN1", &webhooks(method)).unwrap();
        insta::assert_snapshot!([request("POST"), request("")].map(request_text::of).join("\n"));
    }
}
