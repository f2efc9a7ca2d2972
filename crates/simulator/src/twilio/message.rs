//! Messages in Twilio's state.

use super::account::random_sid;
use super::state::TwilioState;
use agentlocator_core::domain::Timestamp;
use serde::Serialize;

/// A message in Twilio's state.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MessageRecord {
    /// `SM…`, or `MM…` with media.
    pub sid: String,
    /// `inbound` or `outbound-api`.
    pub direction: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The text.
    pub body: String,
    /// The sid of the template, `HX…`.
    pub content_sid: Option<String>,
    /// The values of the template's variables, as JSON.
    pub content_variables: Option<String>,
    /// The media URLs of an outbound message.
    pub media_urls: Vec<String>,
    /// The media files of an inbound message.
    #[serde(skip)]
    pub media: Vec<MediaRecord>,
    /// `queued`, `sent`, `delivered`, `read`, `failed`, `received`, …
    pub status: String,
    /// The error code of a failed message.
    pub error_code: Option<u32>,
    /// The URL of the status callbacks.
    pub status_callback: Option<String>,
    /// The time at which Twilio accepted the message.
    pub created_at: Option<Timestamp>,
}

/// A media file of an inbound message.
#[derive(Clone, Debug)]
pub struct MediaRecord {
    /// `ME…`
    pub sid: String,
    /// Its MIME type.
    pub content_type: String,
    /// The content.
    pub content: Vec<u8>,
}

impl MediaRecord {
    /// Creates a media file with a new sid.
    pub fn new(content_type: impl Into<String>, content: Vec<u8>) -> Self {
        Self { sid: random_sid("ME"), content_type: content_type.into(), content }
    }
}

impl TwilioState {
    /// Returns all messages in the order in which Twilio accepted them.
    pub fn messages(&self) -> Vec<MessageRecord> {
        self.lock().messages.clone()
    }

    /// Returns the messages that the daemon has sent.
    pub fn sent_messages(&self) -> Vec<MessageRecord> {
        self.messages().into_iter().filter(|message| message.direction == "outbound-api").collect()
    }

    /// Returns the message with this sid.
    pub fn message(&self, sid: &str) -> Option<MessageRecord> {
        self.lock().messages.iter().find(|message| message.sid == sid).cloned()
    }

    /// Stores a message, and assigns its sid and time.
    pub(crate) fn add_message(&self, mut message: MessageRecord) -> MessageRecord {
        let with_media = !message.media.is_empty() || !message.media_urls.is_empty();
        message.sid = random_sid(if with_media { "MM" } else { "SM" });
        message.created_at.get_or_insert_with(crate::clock::now);
        self.lock().messages.push(message.clone());
        message
    }

    /// Sets the status that Twilio's lists show, without a status callback.
    pub fn set_message_status(&self, sid: &str, status: &str, error_code: Option<u32>) {
        if let Some(message) = self.lock().messages.iter_mut().find(|message| message.sid == sid) {
            status.clone_into(&mut message.status);
            message.error_code = error_code;
        }
    }

    /// Returns true if `person` has written to `own` in the last 24 hours, which allows free text by WhatsApp's rules.
    pub(crate) fn window_is_open(&self, own: &str, person: &str) -> bool {
        let since = crate::clock::now().minus(std::time::Duration::from_hours(24));
        let messages = &self.lock().messages;
        messages.iter().any(|message| {
            let this = message.direction == "inbound" && message.from == person && message.to == own;
            this && message.created_at.is_some_and(|at| at > since)
        })
    }
}
