//! Sends messages through the bridge.

use super::super::signature::{SIGNATURE, sign};
use super::http::RequestFailure;
use super::{Bridge, LinkState};
use crate::domain::{MediaKind, NotSent, Notice, Outcome, PeerAddress, Provider, ProviderError, Refusal};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub to: &'a PeerAddress,
    pub text: &'a str,
    /// The URL of the file to send; `None` for a text message.
    pub media_url: Option<&'a str>,
    pub kind: MediaKind,
    /// The idempotency key: the bridge sends at most one message for each key.
    pub key: &'a str,
    pub quoted: Option<Quoted<'a>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quoted<'a> {
    /// WhatsApp's id of the message.
    pub id: &'a str,
    /// Whether the business wrote the message.
    pub from_me: bool,
    /// The text of the message; empty for a file without a caption.
    pub text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SendRequest<'a> {
    to: String,
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_url: Option<&'a str>,
    idempotency_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quoted: Option<Quoted<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SendResponse {
    ok: Option<bool>,
    provider_msg_id: Option<MessageKey>,
    error: ErrorBody,
}

/// The id of the sent message: a text, or a number from some bridges. A value of another type is ignored, so that it
/// does not make the response unreadable.
#[derive(Deserialize)]
#[serde(untagged)]
enum MessageKey {
    Text(String),
    Number(u64),
    Other(serde::de::IgnoredAny),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: Option<String>,
    message: Option<String>,
}

impl MessageKey {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(_) => None,
        }
    }
}

impl Bridge {
    /// A retry with the same key does not send the message again.
    pub async fn send(&self, message: Text<'_>) -> Outcome {
        let Ok(request) = self.send_request(message) else {
            return Outcome::NotSent(NotSent::Refused(Refusal::Message), provider_error("unreadable", None));
        };
        let Ok(request) = request.build() else {
            return Outcome::NotSent(NotSent::Barred, provider_error("unauthorized", None));
        };
        match self.execute(request).await {
            Ok(response) => self.outcome(response).await,
            // This also covers another program on the bridge's port: the message stays queued.
            Err(RequestFailure::NotSent(state)) => {
                Outcome::NotSent(NotSent::Down, provider_error(state.as_str(), None))
            }
            Err(RequestFailure::Failed(error)) if error.is_connect() => {
                Outcome::NotSent(NotSent::Down, provider_error("unreachable", None))
            }
            Err(RequestFailure::Failed(_)) => Outcome::Unconfirmed(provider_error("no_answer", None)),
        }
    }

    fn send_request(&self, message: Text<'_>) -> serde_json::Result<RequestBuilder> {
        let body = serde_json::to_vec(&SendRequest {
            to: message.to.wire(Provider::Baileys),
            kind: message.media_url.map_or("text", |_| kind_name(message.kind)),
            text: message.text,
            media_url: message.media_url,
            idempotency_key: message.key,
            quoted: message.quoted,
        })?;
        let mut request = self.client.post(&self.send_url).timeout(RESPONSE_TIMEOUT).header(header::CONTENT_TYPE, JSON);
        if let Some(key) = &self.key {
            request = request.header(SIGNATURE, sign(key, &body));
        }
        Ok(request.body(body))
    }

    async fn outcome(&self, response: Response) -> Outcome {
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        let answer: SendResponse = serde_json::from_slice(&body).unwrap_or_default();
        let message = answer.error.message.as_deref();
        let with_message = |code: &str| provider_error(answer.error.code.as_deref().unwrap_or(code), message);
        match status {
            StatusCode::OK if answer.ok == Some(true) => {
                Outcome::Sent { provider_msg_id: answer.provider_msg_id.and_then(MessageKey::into_text) }
            }
            StatusCode::OK => Outcome::Unconfirmed(with_message("no_answer")),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Outcome::NotSent(NotSent::Barred, provider_error("unauthorized", None))
            }
            StatusCode::SERVICE_UNAVAILABLE if answer.error.code.as_deref() == Some(FILE_UNAVAILABLE) => {
                Outcome::NotSent(NotSent::NoFile, with_message(FILE_UNAVAILABLE))
            }
            StatusCode::SERVICE_UNAVAILABLE => Outcome::NotSent(NotSent::Down, with_message("not_connected")),
            StatusCode::TOO_MANY_REQUESTS => {
                Outcome::NotSent(NotSent::Busy(Duration::from_secs(5)), with_message("busy"))
            }
            // The bridge knows the key with another content, for example because the quoted message was deleted since the
            // first attempt. It may have sent the message in that attempt.
            StatusCode::CONFLICT if answer.error.code.as_deref() == Some(KEY_REUSED) => {
                Outcome::Unconfirmed(with_message(KEY_REUSED))
            }
            status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
                Outcome::NotSent(NotSent::Refused(Refusal::Message), with_message("refused"))
            }
            _ => Outcome::Unconfirmed(provider_error("no_answer", None)),
        }
    }
}

/// Converts an error code into an error with a notice. For a code without a notice of its own, the notice contains the
/// bridge's message, or the code if there is no message.
fn provider_error(code: &str, message: Option<&str>) -> ProviderError {
    let notice = match code {
        "not_connected" => Some(Notice::BridgeNotConnected),
        "no_answer" => Some(Notice::BridgeNoAnswer),
        FILE_UNAVAILABLE => message.map(|reason| Notice::FileNotFetched { reason: reason.to_owned() }),
        "blocked" => Some(Notice::WhatsAppBlocked),
        "not_on_whatsapp" => Some(Notice::WhatsAppNoAccount),
        "restricted" => Some(Notice::WhatsAppRestricted),
        _ => code.parse::<LinkState>().ok().and_then(LinkState::notice),
    };
    let refused = || Notice::WhatsAppRefusedBecause { reason: message.unwrap_or(code).to_owned() };
    ProviderError { code: code.to_owned(), notice: notice.unwrap_or_else(refused).into() }
}

fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Video => "video",
        MediaKind::Text
        | MediaKind::Document
        | MediaKind::Location
        | MediaKind::Contact
        | MediaKind::Template
        | MediaKind::Other => "document",
    }
}

/// Timeout of a response. Longer than the bridge's own timeout, so that the bridge can report the error.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);
const JSON: &str = "application/json";
/// The bridge's code for an idempotency key that was used for another message.
const KEY_REUSED: &str = "key_reused";
/// The bridge's code for a message whose file it cannot fetch now.
const FILE_UNAVAILABLE: &str = "file_unavailable";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::providers::{http_client, request_text};

    #[test]
    fn the_requests_that_send_a_message() {
        let bridge = Bridge::new(http_client::build().unwrap(), &Config::default()).unwrap();
        let (number, lid) = (PeerAddress::from_stored("+972501234567").unwrap(), PeerAddress::Lid("123".to_owned()));
        let text =
            Text { to: &number, text: "שלום", media_url: None, kind: MediaKind::Text, key: "m1", quoted: None };
        let file = Text { media_url: Some("https://shop.example/m/1.ogg"), kind: MediaKind::Voice, ..text };
        let quoted = Some(Quoted { id: "3EB0A", from_me: false, text: "פתוח?" });
        let requests =
            [text, Text { to: &lid, ..file }, Text { quoted, ..text }].map(|text| bridge.send_request(text).unwrap());
        insta::assert_snapshot!(requests.map(request_text::of).join("\n"));
    }
}
