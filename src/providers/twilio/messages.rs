//! Twilio's REST API for messages (version 2010-04-01): sends WhatsApp messages, and looks up messages whose outcome is
//! unknown.
//!
//! Credentials are sent only to the configured host. The API has no idempotency key. Therefore the outcome of a request
//! is one of: accepted, certainly not accepted, or unknown.

mod list;
mod template;

use super::error_messages;
use super::rest::Credentials;
use crate::clock;
use crate::config::Config;
use crate::domain::{NotSent, Outcome, PeerAddress, Provider, ProviderError, Timestamp, one_line};
use crate::providers::tls_probe::http_date;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use std::time::Duration;
use template::Template;

#[derive(Clone)]
pub struct Messages {
    client: Client,
    url: String,
    credentials: Credentials,
    from: String,
    template: Option<Template>,
    status_callback: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub to: &'a PeerAddress,
    pub text: &'a str,
    /// The URL of the file to send; `None` for a text message.
    pub media_url: Option<&'a str>,
    /// Whether to send the message as the template.
    pub template: bool,
}

impl Messages {
    /// Returns `None` if the account or the sender is not configured.
    pub fn new(client: Client, config: &Config) -> Option<Self> {
        let (account_sid, _) = config.twilio.credentials()?;
        let from = config.twilio.wa_from.as_ref()?;
        let base = config.twilio.api_base_url.as_str();
        let callback = config.http.public_address();
        Some(Self {
            client,
            url: format!("{base}/2010-04-01/Accounts/{account_sid}/Messages.json"),
            credentials: Credentials::of(&config.twilio)?,
            from: PeerAddress::Phone(from.clone()).wire(Provider::Twilio),
            template: Template::of(&config.twilio),
            status_callback: callback.map(|base| format!("{base}{STATUS_PATH}")),
        })
    }

    pub async fn send(&self, message: Text<'_>) -> Outcome {
        match self.execute(self.post(message)).await {
            Ok(response) => self.outcome(response).await,
            // The connection failed, so no message was sent.
            Err(error) if error.is_connect() => Outcome::NotSent(NotSent::Down, unreachable()),
            Err(error) if error.is_builder() => Outcome::NotSent(NotSent::Barred, unreachable()),
            Err(_) => Outcome::Unconfirmed(no_answer()),
        }
    }

    fn post(&self, message: Text<'_>) -> RequestBuilder {
        let to = message.to.wire(Provider::Twilio);
        let mut form = vec![("From", self.from.as_str()), ("To", to.as_str())];
        let variables;
        match &self.template {
            Some(template) if message.template => {
                variables = template.variables(message.text, message.media_url);
                form.push(("ContentSid", template.sid()));
                form.extend(variables.as_deref().map(|variables| ("ContentVariables", variables)));
            }
            _ => {
                if !message.text.is_empty() {
                    form.push(("Body", message.text));
                }
                form.extend(message.media_url.map(|url| ("MediaUrl", url)));
            }
        }
        form.extend(self.status_callback.as_deref().map(|url| ("StatusCallback", url)));
        self.client.post(&self.url).form(&form)
    }

    /// Returns the ids of the messages with the same content that Twilio has accepted for this recipient since `since`,
    /// whatever their status, the oldest first. Searches the newest messages to this recipient, at most 200. The times
    /// in the list are times of Twilio's clock. If the response shows that this clock is behind the one of this
    /// machine, the search begins earlier by the difference. A message that was sent as the template is recognized by its
    /// text and `media_url`, which may be a part of the URL that was sent.
    pub async fn find(&self, message: Text<'_>, since: Timestamp) -> Result<Vec<String>, ProviderError> {
        let to = message.to.wire(Provider::Twilio);
        let query = [("To", to.as_str()), ("From", self.from.as_str()), ("PageSize", PAGE_SIZE)];
        let response = self.execute(self.client.get(&self.url).query(&query)).await;
        let response = response.map_err(|_| unreachable())?;
        if response.status() != StatusCode::OK {
            return Err(error_messages::for_code(response.status().as_str(), None));
        }
        let since = since.min(on_clock_of(&response, since));
        let page = response.bytes().await.map_err(|_| unreachable())?;
        let wanted = list::Wanted {
            to: &to,
            from: &self.from,
            text: message.text,
            media: message.media_url.is_some(),
            template: self.template.as_ref().filter(|_| message.template).map(|template| list::WantedTemplate {
                content_sid: template.sid(),
                words: [message.text, message.media_url.unwrap_or_default()]
                    .map(one_line)
                    .into_iter()
                    .filter(|words| !words.is_empty())
                    .collect(),
            }),
            since,
        };
        list::matching(&page, &wanted).ok_or_else(unreachable)
    }

    async fn outcome(&self, response: Response) -> Outcome {
        let status = response.status();
        let wait = retry_after(&response);
        let body = response.bytes().await.unwrap_or_default();
        if status.is_success() {
            // Without an id, the message could not be matched with its status updates. Therefore its outcome is
            // unknown, and it is looked up later.
            return match serde_json::from_slice::<Created>(&body) {
                Ok(created) => Outcome::Sent { provider_msg_id: Some(created.sid) },
                Err(_) => Outcome::Unconfirmed(no_answer()),
            };
        }
        let error: ErrorBody = serde_json::from_slice(&body).unwrap_or_default();
        let code = error.code.map_or_else(|| status.as_str().to_owned(), |code| code.to_string());
        let provider_error = error_messages::for_code(&code, error.message.as_deref());
        match status {
            StatusCode::SERVICE_UNAVAILABLE => Outcome::NotSent(NotSent::Down, provider_error),
            StatusCode::TOO_MANY_REQUESTS => Outcome::NotSent(NotSent::Busy(wait), provider_error),
            StatusCode::REQUEST_TIMEOUT => Outcome::Unconfirmed(provider_error),
            status if status.is_server_error() => Outcome::Unconfirmed(provider_error),
            StatusCode::UNAUTHORIZED => Outcome::NotSent(NotSent::Barred, provider_error),
            _ => Outcome::NotSent(NotSent::Refused(error_messages::refusal(&code)), provider_error),
        }
    }

    async fn execute(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        self.credentials.send(request.timeout(RESPONSE_TIMEOUT)).await
    }
}

/// Converts a time of this machine's clock to the clock of the server that sent the response.
fn on_clock_of(response: &Response, time: Timestamp) -> Timestamp {
    let date = response.headers().get(header::DATE).and_then(|date| http_date(date.to_str().ok()?));
    date.map_or(time, |date| date.minus(clock::now().since(time)))
}

fn unreachable() -> ProviderError {
    error_messages::for_code("unreachable", None)
}

fn no_answer() -> ProviderError {
    error_messages::for_code("no_answer", None)
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    code: Option<u32>,
    message: Option<String>,
}

fn retry_after(response: &Response) -> Duration {
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

/// The path of the webhook for inbound messages.
pub const MESSAGE_PATH: &str = "/webhook/whatsapp/twilio";
pub const STATUS_PATH: &str = "/webhook/whatsapp/twilio/status";

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
const PAGE_SIZE: &str = "200";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::domain::PhoneNumber;
    use crate::providers::{http_client, request_text};

    fn messages(template: Option<&str>) -> Messages {
        let mut config = Config::default();
        config.twilio.account_sid = Some("AC1".into());
        config.twilio.auth_token = Some(Secret::new("token"));
        config.twilio.wa_from = PhoneNumber::parse("+97235551234", phonenumber::country::IL).ok();
        config.twilio.wa_template_sid = template.map(str::to_owned);
        config.http.public_base_url = Some(crate::config::BaseUrl::parse("https://shop.example").unwrap());
        Messages::new(http_client::build().unwrap(), &config).unwrap()
    }

    #[test]
    fn the_requests_that_send_a_message() {
        let to = &PeerAddress::parse("+972501234567", phonenumber::country::IL).unwrap();
        let text = Text { to, text: "שלום & 1+1", media_url: None, template: false };
        let file = Text { media_url: Some("https://shop.example/m/1.jpg"), ..text };
        let requests = [
            messages(None).post(text),
            messages(None).post(file),
            messages(None).post(Text { text: "", ..file }),
            messages(Some("HX1")).post(text),
            messages(Some("HX1")).post(Text { template: true, ..file }),
        ];
        insta::assert_snapshot!(requests.map(request_text::of).join("\n"));
    }
}
