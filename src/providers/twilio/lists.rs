//! Lists messages, calls and recordings from Twilio's REST API (version 2010-04-01), one day per request.
//!
//! Twilio returns the newest entries first. Entries that are added during the listing shift older entries to later
//! pages. Therefore the same resource can be on two pages; it is returned only once.

use super::call_progress::CallProgress;
use super::forms::Form;
use super::rest::{Error, account_url, send};
use crate::config::TwilioConfig;
use crate::domain::{PhoneNumber, Timestamp, whatsapp_address};
use crate::providers::tls_probe::http_date;
use reqwest::{Client, Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

pub trait Resource: DeserializeOwned + Send {
    /// The path below the account's URL.
    const PATH: &'static str;
    /// The name of the field that contains the list in the response.
    const FIELD: &'static str;
    /// The query parameter that selects one day.
    const DAY: &'static str;

    fn sid(&self) -> &str;

    /// Returns the time of the resource by Twilio's clock: of its creation, or of the start of a call.
    fn at(&self) -> Option<Timestamp>;
}

#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub item: T,
    /// The complete resource, as JSON.
    pub raw: String,
}

/// The resources of one day, the oldest first.
#[derive(Debug)]
pub struct Day<T> {
    pub listed: Vec<Listed<T>>,
    /// The time of the first request, by Twilio's clock. Entries after this time may be missing.
    pub requested_at: Timestamp,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListedMessage {
    sid: String,
    from: Option<String>,
    to: Option<String>,
    body: Option<String>,
    num_media: Option<String>,
    direction: Option<String>,
    status: Option<String>,
    error_code: Option<u32>,
    date_created: Option<String>,
    date_sent: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListedCall {
    sid: String,
    pub from: Option<String>,
    pub to: Option<String>,
    status: Option<String>,
    direction: Option<String>,
    parent_call_sid: Option<String>,
    start_time: Option<String>,
    date_created: Option<String>,
    duration: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListedRecording {
    sid: String,
    pub call_sid: Option<String>,
    status: Option<String>,
    duration: Option<String>,
    date_created: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMedia {
    pub url: String,
    pub mime: Option<String>,
}

impl Resource for ListedMessage {
    const PATH: &'static str = "Messages.json";
    const FIELD: &'static str = "messages";
    const DAY: &'static str = "DateSent";

    fn sid(&self) -> &str {
        &self.sid
    }

    fn at(&self) -> Option<Timestamp> {
        time(self.date_created.as_deref().or(self.date_sent.as_deref()))
    }
}

impl ListedMessage {
    /// Returns true for an inbound WhatsApp message to the sender `own`, or to any sender if `own` is `None`.
    pub fn is_inbound_whatsapp_to(&self, own: Option<&PhoneNumber>) -> bool {
        let to = self.to.as_deref().and_then(whatsapp_address);
        self.direction.as_deref() == Some("inbound") && to.is_some_and(|to| own.is_none_or(|own| own.as_str() == to))
    }

    /// Returns true for a WhatsApp message that was sent through Twilio's REST API.
    pub fn is_outbound_whatsapp(&self) -> bool {
        self.direction.as_deref() == Some("outbound-api") && self.to.as_deref().and_then(whatsapp_address).is_some()
    }

    /// Returns the parameters of the status callback for this message.
    pub fn status_form(&self) -> Form {
        let code = self.error_code.map(|code| ("ErrorCode".to_owned(), code.to_string()));
        let status = ("MessageStatus".to_owned(), self.status.clone().unwrap_or_default());
        Form::from([("MessageSid".to_owned(), self.sid.clone()), status].into_iter().chain(code).collect::<Vec<_>>())
    }

    pub fn has_media(&self) -> bool {
        self.num_media.as_deref().is_some_and(|count| count != "0")
    }

    /// Returns the parameters of the webhook for this message, as far as the list contains them.
    pub fn form(&self, media: &[ListedMedia]) -> Form {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut pairs = vec![
            ("MessageSid".to_owned(), self.sid.clone()),
            ("From".to_owned(), or_empty(&self.from)),
            ("To".to_owned(), or_empty(&self.to)),
            ("Body".to_owned(), or_empty(&self.body)),
            ("NumMedia".to_owned(), media.len().to_string()),
        ];
        for (at, file) in media.iter().enumerate() {
            pairs.push((format!("MediaUrl{at}"), file.url.clone()));
            pairs.push((format!("MediaContentType{at}"), or_empty(&file.mime)));
        }
        Form::from(pairs)
    }
}

impl Resource for ListedCall {
    const PATH: &'static str = "Calls.json";
    const FIELD: &'static str = "calls";
    const DAY: &'static str = "StartTime";

    fn sid(&self) -> &str {
        &self.sid
    }

    fn at(&self) -> Option<Timestamp> {
        time(self.start_time.as_deref().or(self.date_created.as_deref()))
    }
}

impl ListedCall {
    /// Returns true for a call to one of the account's numbers. Returns false for a leg that such a call has dialled.
    pub fn is_inbound(&self) -> bool {
        self.direction.as_deref() == Some("inbound") && self.parent_call_sid.is_none()
    }

    /// Returns true for a call that was made through Twilio's REST API with this number as the caller, not before
    /// `oldest`.
    pub fn is_dialed_from(&self, own: &PhoneNumber, oldest: Timestamp) -> bool {
        self.direction.as_deref() == Some("outbound-api")
            && self.from.as_deref() == Some(own.as_str())
            && time(self.date_created.as_deref()).is_some_and(|at| at >= oldest)
    }

    /// Returns true if the call has ended; false if Twilio lists no status. A call with an unknown status counts as ended.
    pub fn is_over(&self) -> bool {
        self.status.as_deref().is_some_and(|status| CallProgress::of(status).is_none_or(CallProgress::is_over))
    }

    pub fn duration_ms(&self) -> i64 {
        millis(self.duration.as_deref())
    }
}

impl Resource for ListedRecording {
    const PATH: &'static str = "Recordings.json";
    const FIELD: &'static str = "recordings";
    const DAY: &'static str = "DateCreated";

    fn sid(&self) -> &str {
        &self.sid
    }

    fn at(&self) -> Option<Timestamp> {
        time(self.date_created.as_deref())
    }
}

impl ListedRecording {
    /// Returns true if the file can be fetched, false if it cannot be fetched, or `None` if it is not ready yet.
    pub fn is_ready(&self) -> Option<bool> {
        match self.status.as_deref() {
            Some("completed") => Some(true),
            Some("in-progress" | "paused" | "stopped" | "processing") => None,
            _ => Some(false),
        }
    }

    pub fn duration_ms(&self) -> i64 {
        millis(self.duration.as_deref())
    }

    pub fn url(&self, config: &TwilioConfig) -> Result<String, Error> {
        account_url(config, &format!("Recordings/{}", self.sid))
    }
}

/// Lists the resources of `date` (`YYYY-MM-DD`, UTC), the newest pages first, and stops after the first page on which
/// all entries are older than `since`. The result may contain entries that are older than `since`. Calls `observe_time`
/// with the time of Twilio's clock in each response.
pub async fn day<T: Resource>(
    client: &Client,
    config: &TwilioConfig,
    date: &str,
    since: Timestamp,
    observe_time: impl Fn(Timestamp) + Send,
) -> Result<Day<T>, Error> {
    let request = client.get(account_url(config, T::PATH)?).query(&[(T::DAY, date), ("PageSize", PAGE_SIZE)]);
    let mut response = send(config, request.timeout(RESPONSE_TIMEOUT)).await?;
    let requested_at = date_of(&response).inspect(|time| observe_time(*time)).ok_or(Error::Malformed)?;
    let (mut listed, mut seen) = (Vec::new(), HashSet::new());
    loop {
        let mut page: BTreeMap<String, Box<RawValue>> = response.json().await?;
        let items = page.remove(T::FIELD).ok_or(Error::Malformed)?;
        let items: Vec<Box<RawValue>> = serde_json::from_str(items.get()).map_err(|_| Error::Malformed)?;
        let mut is_older = !items.is_empty();
        for raw in items {
            let Ok(item) = serde_json::from_str::<T>(raw.get()) else { continue };
            is_older &= item.at().is_some_and(|at| at < since);
            if seen.insert(item.sid().to_owned()) {
                listed.push(Listed { item, raw: raw.get().to_owned() });
            }
        }
        let next =
            page.remove("next_page_uri").and_then(|uri| serde_json::from_str::<Option<String>>(uri.get()).ok()?);
        let Some(next) = next.filter(|_| !is_older) else { break };
        response = send(config, client.get(page_url(config, &next)?).timeout(RESPONSE_TIMEOUT)).await?;
        if let Some(time) = date_of(&response) {
            observe_time(time);
        }
    }
    // Twilio lists the newest entry first. The stable sort keeps the reversed order for entries with equal times.
    listed.reverse();
    listed.sort_by_key(|listed| listed.item.at());
    Ok(Day { listed, requested_at })
}

/// Returns the last calls to a number, at most 50, the newest first (`GET Calls.json?To=…`).
pub async fn calls_to(client: &Client, config: &TwilioConfig, to: &PhoneNumber) -> Result<Vec<ListedCall>, Error> {
    #[derive(Deserialize)]
    struct Page {
        calls: Vec<ListedCall>,
    }
    let request = client.get(account_url(config, ListedCall::PATH)?).query(&[("To", to.as_str()), ("PageSize", "50")]);
    let page: Page = send(config, request.timeout(RESPONSE_TIMEOUT)).await?.json().await?;
    Ok(page.calls)
}

pub async fn media(client: &Client, config: &TwilioConfig, message: &str) -> Result<Vec<ListedMedia>, Error> {
    #[derive(Deserialize)]
    struct Page {
        media_list: Vec<Wire>,
    }
    #[derive(Deserialize)]
    struct Wire {
        sid: String,
        content_type: Option<String>,
    }
    let address = account_url(config, &format!("Messages/{message}/Media"))?;
    let page: Page =
        send(config, client.get(format!("{address}.json")).timeout(RESPONSE_TIMEOUT)).await?.json().await?;
    let file = |wire: Wire| ListedMedia { url: format!("{address}/{}", wire.sid), mime: wire.content_type };
    Ok(page.media_list.into_iter().map(file).collect())
}

pub async fn call(client: &Client, config: &TwilioConfig, sid: &str) -> Result<ListedCall, Error> {
    let url = account_url(config, &format!("Calls/{sid}.json"))?;
    Ok(send(config, client.get(url).timeout(RESPONSE_TIMEOUT)).await?.json().await?)
}

/// The request contains the credentials, so the URL must belong to the account.
fn page_url(config: &TwilioConfig, uri: &str) -> Result<String, Error> {
    let account = account_url(config, "")?;
    let base = config.api_base_url.as_str();
    let url = format!("{base}{uri}");
    if url.starts_with(&account) { Ok(url) } else { Err(Error::Malformed) }
}

fn date_of(response: &Response) -> Option<Timestamp> {
    response.headers().get(header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date)
}

/// Parses a time in Twilio's format (RFC 2822, as in HTTP).
fn time(text: Option<&str>) -> Option<Timestamp> {
    http_date(text?)
}

fn millis(seconds: Option<&str>) -> i64 {
    seconds.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0).saturating_mul(1000)
}

const PAGE_SIZE: &str = "200";
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Secret};

    #[test]
    fn further_pages_are_read_from_the_own_account_alone() {
        let config = TwilioConfig {
            account_sid: Some("AC1".to_owned()),
            auth_token: Some(Secret::new("t")),
            api_base_url: BaseUrl::parse("https://api.twilio.com").unwrap(),
            ..TwilioConfig::default()
        };
        assert!(page_url(&config, "/2010-04-01/Accounts/AC1/Messages.json?Page=1").is_ok());
        for uri in
            ["/2010-04-01/Accounts/AC2/Messages.json", ".evil.example/x", "@evil.example/x", "https://evil.example"]
        {
            assert!(page_url(&config, uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_listed_message_is_read_like_its_webhook() {
        let raw = r#"{"sid":"SM1","direction":"inbound","from":"whatsapp:+972501234567","to":"whatsapp:+97239999999","body":"hi",
            "num_media":"1","date_created":"Fri, 20 Nov 2026 10:00:01 +0000","date_sent":null,"unknown":{}}"#;
        let message: ListedMessage = serde_json::from_str(raw).unwrap();
        let is_to = |own| message.is_inbound_whatsapp_to(PhoneNumber::from_e164(own).as_ref());
        assert!(message.is_inbound_whatsapp_to(None) && is_to("+97239999999") && !is_to("+97238888888"));
        assert!(message.has_media());
        assert_eq!(message.at().unwrap().to_string(), "2026-11-20T10:00:01.000Z");
        let form = message.form(&[ListedMedia { url: "https://x/ME1".to_owned(), mime: Some("image/png".to_owned()) }]);
        for (name, value) in
            [("Body", "hi"), ("NumMedia", "1"), ("MediaUrl0", "https://x/ME1"), ("MediaContentType0", "image/png")]
        {
            assert_eq!(form.value(name), Some(value));
        }
    }
}
