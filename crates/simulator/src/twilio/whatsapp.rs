//! Inbound WhatsApp messages, as Twilio sends them to the daemon.

use super::random_sid;
use super::records::{MediaRecord, MessageRecord};
use super::request::{SignaturePlan, SignedRequest, WebhookResponse};
use super::state::TwilioState;
use crate::{DaemonConnector, EventLog, Party};
use agentlocator_core::domain::Timestamp;
use url::Url;

/// A message from a contact. [`InboundMessage::text`] sets the defaults.
#[derive(Clone, Debug)]
pub struct InboundMessage {
    /// The contact's number in E.164 form.
    pub from: String,
    /// The contact's profile name.
    pub profile_name: String,
    /// The number that receives the message.
    pub to: String,
    /// The text; may be empty if the message has a file.
    pub body: String,
    /// The media files, in the order of `MediaUrl0`, `MediaUrl1`, …
    pub media: Vec<MediaRecord>,
    /// Additional fields of the webhook, because Twilio may add fields without notice.
    pub more: Vec<(String, String)>,
}

impl InboundMessage {
    /// Creates a text message without files, from a contact with an invented profile name.
    pub fn text(from: impl Into<String>, to: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            from: from.into(),
            profile_name: "דנה כהן".into(),
            to: to.into(),
            body: body.into(),
            media: Vec::new(),
            more: Vec::new(),
        }
    }
}

/// Sends inbound messages to the daemon. Cheap to clone.
#[derive(Clone)]
pub struct WhatsAppNetwork {
    twilio_state: TwilioState,
    connector: DaemonConnector,
    log: EventLog,
}

impl WhatsAppNetwork {
    /// Creates the sender for the inbound messages of one account.
    pub fn new(twilio_state: TwilioState, connector: DaemonConnector, log: EventLog) -> Self {
        Self { twilio_state, connector, log }
    }

    /// Stores `message` as received now, without a webhook. The daemon can find it only in the list of messages.
    pub fn keep(&self, message: &InboundMessage) -> MessageRecord {
        self.store_at(message, crate::clock::now())
    }

    /// Stores `message` as received at `at`, without a webhook.
    pub fn store_at(&self, message: &InboundMessage, at: Timestamp) -> MessageRecord {
        self.twilio_state.add_message(MessageRecord {
            created_at: Some(at),
            direction: "inbound".into(),
            from: format!("whatsapp:{}", message.from),
            to: format!("whatsapp:{}", message.to),
            body: message.body.clone(),
            media: message.media.clone(),
            status: "received".into(),
            ..MessageRecord::default()
        })
    }

    /// Stores `message` and sends its webhook to `url`.
    pub async fn send(&self, url: &Url, message: &InboundMessage) -> (MessageRecord, Result<WebhookResponse, String>) {
        let record = self.keep(message);
        let fields = self.fields(message, &record);
        let answer = self.post_webhook(url, &fields, SignaturePlan::Good).await;
        (record, answer)
    }

    /// Returns the form fields of the webhook for a stored message.
    pub fn fields(&self, message: &InboundMessage, record: &MessageRecord) -> Vec<(String, String)> {
        let account = &self.twilio_state.account().sid;
        let base =
            format!("{}/2010-04-01/Accounts/{account}/Messages/{}/Media", self.twilio_state.api_base_url(), record.sid);
        let files = record.media.len().to_string();
        let kind =
            record.media.first().map_or("text", |file| file.content_type.split('/').next().unwrap_or("document"));
        let own: [(&str, &str); 14] = [
            ("AccountSid", account),
            ("ApiVersion", "2010-04-01"),
            ("Body", &message.body),
            ("From", &record.from),
            ("MessageSid", &record.sid),
            ("MessageType", kind),
            ("NumMedia", &files),
            ("NumSegments", "1"),
            ("ProfileName", &message.profile_name),
            ("SmsMessageSid", &record.sid),
            ("SmsSid", &record.sid),
            ("SmsStatus", "received"),
            ("To", &record.to),
            ("WaId", message.from.trim_start_matches('+')),
        ];
        let mut fields: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (place, file) in record.media.iter().enumerate() {
            fields.push((format!("MediaContentType{place}"), file.content_type.clone()));
            fields.push((format!("MediaUrl{place}"), format!("{base}/{}", file.sid)));
        }
        fields.extend(message.more.iter().cloned());
        fields
    }

    /// Sends a form to the daemon, for example a second time or with a wrong signature.
    pub async fn post_webhook(
        &self,
        url: &Url,
        fields: &[(String, String)],
        signature: SignaturePlan,
    ) -> Result<WebhookResponse, String> {
        let idempotency_token = random_sid("");
        let auth_token = &self.twilio_state.account().auth_token;
        let request =
            SignedRequest { method: "POST", url, fields, signature, auth_token, idempotency_token: &idempotency_token };
        let answer = request.send(&self.connector).await.map_err(|error| crate::daemon_connector::root_cause(&error));
        match &answer {
            Ok(answer) if answer.status >= 500 => {
                self.log
                    .violation(Party::Twilio, format!("{} answered {}: {}", url.path(), answer.status, answer.body));
            }
            Ok(answer) => self.log.note(Party::Twilio, format!("{} answered {}", url.path(), answer.status)),
            Err(error) => self.log.violation(Party::Twilio, format!("11200: no answer from {}: {error}", url.path())),
        }
        answer
    }
}
