//! The senders of both providers.

use crate::config::Config;
use crate::domain::{NotSent, Notice, Outcome, Provider, ProviderError, Timestamp};
use crate::inbox::policy::Route;
use crate::providers::baileys::bridge::{self, Bridge};
use crate::providers::safe_fetch::{FetchError, SafeFetcher};
use crate::providers::twilio::messages::{self, Messages};
use crate::store::OutboxEntry;
use std::time::Duration;

/// The senders of the providers that are in use.
pub(in crate::runtime) struct ProviderSenders {
    twilio: Option<Messages>,
    bridge: Option<Bridge>,
    files: SafeFetcher,
}

impl ProviderSenders {
    pub(in crate::runtime) fn new(
        config: &Config,
        client: reqwest::Client,
        bridge: Option<Bridge>,
        files: SafeFetcher,
    ) -> Self {
        let twilio = config.twilio_whatsapp_enabled().then(|| Messages::new(client, config)).flatten();
        Self { twilio, bridge, files }
    }

    /// Checks that the message's file may be sent; returns the reason if not.
    pub(super) async fn inspect(&self, entry: &OutboxEntry) -> Result<(), ProviderError> {
        let Some(url) = &entry.media_url else { return Ok(()) };
        let inspected = tokio::time::timeout(INSPECTION_TIMEOUT, self.files.inspect(url)).await;
        // If the check does not finish in time, the file is allowed.
        inspected.unwrap_or(Ok(())).map_err(|error: FetchError| ProviderError {
            code: "media_refused".to_owned(),
            notice: Notice::verbatim(error.to_string()).into(),
        })
    }

    /// Sends the message through a provider.
    pub(super) async fn send(&self, route: Route, entry: &OutboxEntry) -> Outcome {
        match (route.provider, &self.twilio, &self.bridge) {
            (Provider::Twilio, Some(twilio), _) => twilio.send(twilio_text(route, entry)).await,
            (Provider::Baileys, _, Some(bridge)) => {
                let (to, text, media_url) = (&entry.recipient, &entry.text, entry.media_url.as_deref());
                bridge.send(bridge::Text { to, text, media_url, kind: entry.kind, key: &entry.send_key }).await
            }
            (Provider::Twilio, None, _) | (Provider::Baileys, _, None) => {
                Outcome::NotSent(NotSent::Barred, not_set_up())
            }
        }
    }

    /// The ids under which Twilio may have the message.
    pub(super) async fn find(&self, entry: &OutboxEntry, since: Timestamp) -> Result<Vec<String>, ProviderError> {
        let Some(twilio) = &self.twilio else { return Err(not_set_up()) };
        let route = Route { provider: entry.provider, template: entry.template };
        twilio.find(twilio_text(route, entry), since).await
    }
}

fn twilio_text(route: Route, entry: &OutboxEntry) -> messages::Text<'_> {
    messages::Text {
        to: &entry.recipient,
        text: &entry.text,
        media_url: entry.media_url.as_deref(),
        template: route.template,
    }
}

/// How long the check of a file's address may take.
const INSPECTION_TIMEOUT: Duration = Duration::from_secs(3);

fn not_set_up() -> ProviderError {
    ProviderError { code: "not_set_up".to_owned(), notice: Notice::MessageProviderRemoved.into() }
}
