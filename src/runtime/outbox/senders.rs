//! The senders of both providers.

use crate::clock;
use crate::config::Config;
use crate::domain::{Direction, MEDIA_PATH, NotSent, Notice, Outcome, PeerAddress, Provider, ProviderError, Timestamp};
use crate::inbox::policy::Route;
use crate::providers::baileys::bridge::{self, Bridge};
use crate::providers::media_link::MediaLinks;
use crate::providers::safe_fetch::{FetchError, SafeFetcher};
use crate::providers::twilio::messages::{self, Messages};
use crate::store::OutboxEntry;
use std::time::Duration;

pub(in crate::runtime) struct ProviderSenders {
    twilio: Option<Messages>,
    bridge: Option<Bridge>,
    files: SafeFetcher,
    /// Creates links to stored files: the first entry for Twilio, the second for the bridge. `None` if a setting that
    /// the links need is missing.
    links: [Option<MediaLinks>; 2],
}

impl ProviderSenders {
    pub(in crate::runtime) fn new(
        config: &Config,
        client: reqwest::Client,
        bridge: Option<Bridge>,
        files: SafeFetcher,
    ) -> Self {
        let twilio = config.twilio_whatsapp_enabled().then(|| Messages::new(client, config)).flatten();
        let twilio_key = config.twilio.credentials().map(|(_, token)| token);
        let for_twilio = config.http.public_address().zip(twilio_key).map(|(base, key)| MediaLinks::new(base, key));
        let for_bridge = config.whatsapp.token_secret().map(|key| MediaLinks::new("", key));
        Self { twilio, bridge, files, links: [for_twilio, for_bridge] }
    }

    /// A file that the daemon has stored is not checked.
    pub(super) async fn inspect(&self, entry: &OutboxEntry) -> Result<(), ProviderError> {
        let Some(url) = entry.media_url.as_ref().filter(|url| !url.starts_with(MEDIA_PATH)) else { return Ok(()) };
        let inspected = tokio::time::timeout(INSPECTION_TIMEOUT, self.files.inspect(url)).await;
        // If the check exceeds its time limit, the file is allowed.
        inspected.unwrap_or(Ok(())).map_err(|error: FetchError| ProviderError {
            code: "media_refused".to_owned(),
            notice: Notice::MessageFile { reason: (&error).into() }.into(),
        })
    }

    pub(super) async fn send(&self, route: Route, entry: &OutboxEntry) -> Outcome {
        let (to, media_url) = match recipient(entry).and_then(|to| Ok((to, self.media_url(route, entry)?))) {
            Ok(found) => found,
            Err(error) => return Outcome::NotSent(NotSent::Unable, error),
        };
        let (text, media_url) = (&entry.text, media_url.as_deref());
        match (route.provider, &self.twilio, &self.bridge) {
            (Provider::Twilio, Some(twilio), _) => {
                twilio.send(messages::Text { to, text, media_url, template: route.template }).await
            }
            (Provider::Baileys, _, Some(bridge)) => {
                let quoted = entry.quoted.as_ref().map(|quoted| bridge::Quoted {
                    id: &quoted.provider_msg_id,
                    from_me: quoted.direction == Direction::Out,
                    text: &quoted.text,
                });
                bridge.send(bridge::Text { to, text, media_url, kind: entry.kind, key: &entry.send_key, quoted }).await
            }
            (Provider::Twilio, None, _) | (Provider::Baileys, _, None) => {
                Outcome::NotSent(NotSent::Unable, not_set_up())
            }
        }
    }

    /// Returns the ids of entries in Twilio's list that may be this message.
    pub(super) async fn find(&self, entry: &OutboxEntry, since: Timestamp) -> Result<Vec<String>, ProviderError> {
        let Some(twilio) = &self.twilio else { return Err(not_set_up()) };
        let to = recipient(entry)?;
        // Each attempt signs a new link to a stored file, and the public address may change, but every link has its hash.
        let media_url = entry.media_url.as_deref().map(|url| url.strip_prefix(MEDIA_PATH).unwrap_or(url));
        twilio.find(messages::Text { to, text: &entry.text, media_url, template: entry.template }, since).await
    }

    /// A stored file gets a signed link.
    fn media_url(&self, route: Route, entry: &OutboxEntry) -> Result<Option<String>, ProviderError> {
        let Some(url) = &entry.media_url else { return Ok(None) };
        let Some(sha256) = url.strip_prefix(MEDIA_PATH) else { return Ok(Some(url.clone())) };
        let [for_twilio, for_bridge] = &self.links;
        let for_twilio_lasts = if route.template { TEMPLATE_LINK } else { TWILIO_LINK };
        let link = match route.provider {
            Provider::Twilio => for_twilio.as_ref().map(|links| links.link(sha256, clock::now(), for_twilio_lasts)),
            // The bridge rejects a repeated idempotency key with another URL, so all attempts of a message use the same
            // URL.
            Provider::Baileys => for_bridge.as_ref().map(|links| links.link(sha256, entry.created_at, BRIDGE_LINK)),
        };
        link.map(Some).ok_or_else(not_set_up)
    }
}

/// The policy chooses no route for a recipient without an address. The address is therefore missing only if the
/// contact has lost it since an earlier attempt, which is now repeated or looked up.
fn recipient(entry: &OutboxEntry) -> Result<&PeerAddress, ProviderError> {
    let no_address = || ProviderError { code: "no_provider".to_owned(), notice: Notice::MessageNoProvider.into() };
    entry.recipient.as_ref().ok_or_else(no_address)
}

/// Lifetime of a link for Twilio, which fetches a file within minutes.
const TWILIO_LINK: Duration = Duration::from_hours(24);
/// Lifetime of a link in a template, which the contact opens.
const TEMPLATE_LINK: Duration = Duration::from_hours(30 * 24);
/// Lifetime of a link for the bridge: longer than a message may wait in the outbox.
const BRIDGE_LINK: Duration = Duration::from_hours(30 * 24);

const INSPECTION_TIMEOUT: Duration = Duration::from_secs(3);

fn not_set_up() -> ProviderError {
    ProviderError { code: "not_set_up".to_owned(), notice: Notice::MessageProviderRemoved.into() }
}
