//! WhatsApp messages of a person to the number, as Twilio hands them on.

use super::message::{MediaRecord, MessageRecord};
use super::random_sid;
use super::request::{SignaturePlan, SignedRequest, WebhookResponse};
use super::state::TwilioState;
use crate::domain::Timestamp;
use crate::simulator::{DaemonConnector, EventLog, Party};
use url::Url;

/// A message of a person. Start from [`InboundMessage::text`].
#[derive(Clone, Debug)]
pub struct InboundMessage {
    /// The person's number in E.164 form.
    pub from: String,
    /// The name in the person's profile.
    pub profile_name: String,
    /// The number that is written to.
    pub to: String,
    /// The text.
    pub body: String,
    /// Files.
    pub media: Vec<MediaRecord>,
    /// Further fields, as Twilio adds them without notice.
    pub more: Vec<(String, String)>,
}

impl InboundMessage {
    /// A text.
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

/// Hands a person's messages to the box. Cheap to clone.
#[derive(Clone)]
pub struct WhatsAppNetwork {
    twilio_state: TwilioState,
    connector: DaemonConnector,
    log: EventLog,
}

impl WhatsAppNetwork {
    /// The messages of one account.
    pub fn new(twilio_state: TwilioState, connector: DaemonConnector, log: EventLog) -> Self {
        Self { twilio_state, connector, log }
    }

    /// A person sends `message`: Twilio keeps it, without telling the box. The box can find it in the list of messages.
    pub fn keep(&self, message: &InboundMessage) -> MessageRecord {
        self.store_at(message, crate::clock::now())
    }

    /// The same for a message that the person sent at `at`.
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

    /// A person sends `message`, and Twilio hands it to `url`.
    pub async fn send(&self, url: &Url, message: &InboundMessage) -> (MessageRecord, Result<WebhookResponse, String>) {
        let record = self.keep(message);
        let fields = self.fields(message, &record);
        let answer = self.post_webhook(url, &fields, SignaturePlan::Good).await;
        (record, answer)
    }

    /// The form that Twilio hands over for a message that it keeps.
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

    /// Hands a form to the box: for a second time, or with a wrong signature.
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
        let answer =
            request.send(&self.connector).await.map_err(|error| crate::simulator::daemon_connector::root_cause(&error));
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
