//! Inbound messages, as the bridge sends them to the daemon.

use crate::daemon_connector::root_cause;
use crate::twilio::WebhookResponse;
use crate::{DaemonConnector, EventLog, Party};
use agentlocator_core::domain::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

/// A message from a contact.
#[derive(Clone, Debug)]
pub struct BridgeMessage {
    /// The contact's WhatsApp address: digits, or a JID.
    pub from: String,
    /// The text of the message; for a file, its caption.
    pub text: String,
    /// The URL of the file, if the message has a file.
    pub media_url: Option<String>,
    /// WhatsApp's id of the message.
    pub id: String,
}

impl BridgeMessage {
    /// Creates a text message with a new id.
    pub fn text(from: impl Into<String>, text: impl Into<String>) -> Self {
        let id = format!("3A{}", crate::entropy::random_hex::<9>().to_uppercase());
        Self { from: from.into(), text: text.into(), media_url: None, id }
    }

    /// Returns the JSON body of the webhook in this form. The short form omits `media_url`.
    pub fn body(&self, form: InboundForm) -> Value {
        match form {
            InboundForm::Long => {
                json!({"from": self.from, "text": self.text, "media_url": self.media_url, "provider_msg_id": self.id})
            }
            InboundForm::Short => json!({"from": self.from, "body": self.text, "id": self.id}),
        }
    }
}

/// The form of a message body. The daemon accepts both forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundForm {
    /// `from`, `text`, `media_url`, `provider_msg_id`.
    Long,
    /// `from`, `body`, `id`.
    Short,
}

/// How the bridge authenticates its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundAuth {
    /// Sends the token and the signature.
    Both,
    /// Sends neither the token nor the signature.
    Missing,
    /// Sends only the token.
    Secret,
    /// Sends only the signature.
    Signature,
    /// Sends a wrong token and no signature.
    WrongSecret,
    /// Sends a wrong signature and no token.
    WrongSignature,
}

/// Sends inbound messages to the daemon. Cheap to clone.
#[derive(Clone)]
pub struct BridgeInbound {
    connector: DaemonConnector,
    hmac_secret: String,
    token: String,
    log: EventLog,
}

impl BridgeInbound {
    /// Creates a sender that authenticates with the signature key and the token that are configured in the daemon.
    pub fn new(
        connector: DaemonConnector,
        hmac_secret: impl Into<String>,
        token: impl Into<String>,
        log: EventLog,
    ) -> Self {
        Self { connector, hmac_secret: hmac_secret.into(), token: token.into(), log }
    }

    /// Sends `message` to the daemon's webhook `url`. Returns an error if no response arrives.
    pub async fn send(
        &self,
        url: &Url,
        message: &BridgeMessage,
        form: InboundForm,
        auth: InboundAuth,
    ) -> Result<WebhookResponse, String> {
        self.post(url, message.body(form).to_string().into_bytes(), auth).await
    }

    /// Sends `body`, which need not be valid, to the daemon's webhook `url`. Returns an error if no response arrives. A
    /// status of 500 or more, except 503, is recorded as a violation.
    pub async fn post(&self, url: &Url, body: Vec<u8>, auth: InboundAuth) -> Result<WebhookResponse, String> {
        let signature = match auth {
            InboundAuth::Both | InboundAuth::Signature => Some(hmac_hex(&self.hmac_secret, &body)),
            InboundAuth::WrongSignature => Some(hmac_hex("another secret", &body)),
            InboundAuth::Missing | InboundAuth::Secret | InboundAuth::WrongSecret => None,
        };
        let token = match auth {
            InboundAuth::Both | InboundAuth::Secret => Some(self.token.as_str()),
            InboundAuth::WrongSecret => Some("another token"),
            InboundAuth::Missing | InboundAuth::Signature | InboundAuth::WrongSignature => None,
        };
        let mut request = self.connector.request(reqwest::Method::POST, url).header("Content-Type", "application/json");
        if let Some(signature) = signature {
            request = request.header("X-BAILEYS-SIGNATURE", signature);
        }
        if let Some(token) = token {
            request = request.header("X-BAILEYS-SECRET", token);
        }
        let answer = async {
            let response = request.body(body).send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>(WebhookResponse {
                status,
                content_type: String::new(),
                body: response.text().await?,
            })
        };
        let answer = answer.await.map_err(|error| root_cause(&error));
        match &answer {
            Ok(answer) if answer.status >= 500 && answer.status != 503 => {
                self.log
                    .violation(Party::Bridge, format!("{} answered {}: {}", url.path(), answer.status, answer.body));
            }
            Ok(answer) => self.log.note(Party::Bridge, format!("{} answered {}", url.path(), answer.status)),
            Err(error) => self.log.note(Party::Bridge, format!("no answer from {}: {error}", url.path())),
        }
        answer
    }
}

fn hmac_hex(key: &str, body: &[u8]) -> String {
    // HMAC accepts a key of any length.
    let code = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map(|mut mac| {
        mac.update(body);
        mac.finalize().into_bytes()
    });
    code.map(|code| hex(&code)).unwrap_or_default()
}
