//! The records in Twilio's state: calls, recordings, messages, and the account with its phone numbers.

use crate::{clock, entropy};
use agentlocator_core::domain::Timestamp;
use serde::Serialize;

/// A Twilio account and its credentials.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twilio's id of the account, `AC…`.
    pub sid: String,
    /// Signs webhooks, and authenticates REST requests.
    pub auth_token: String,
}

impl Account {
    /// Creates an account with a random sid and token.
    pub fn random() -> Self {
        Self { sid: random_sid("AC"), auth_token: entropy::random_hex::<16>() }
    }
}

/// Creates a random id in Twilio's form: the prefix, such as `CA`, and 32 hex digits.
pub fn random_sid(prefix: &str) -> String {
    format!("{prefix}{}", entropy::random_hex::<16>())
}

/// An update of a live call by REST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallUpdate {
    /// `Status=completed` or `canceled`: the call ends.
    End,
    /// `Twiml=…`: the call continues with this document.
    Twiml(String),
    /// `Url=…`: the call continues with the document at this URL.
    Url {
        /// The URL of the document.
        url: String,
        /// `GET` or `POST`.
        method: String,
    },
}

/// A call, as Twilio's REST interface lists it.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// Twilio's id of the call, `CA…`.
    pub sid: String,
    /// `inbound` or `outbound-api`.
    pub direction: &'static str,
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// `ringing`, `in-progress`, `completed`, …
    pub status: String,
    /// When the call was created.
    pub started_at: Timestamp,
    /// When the call ended; `None` while it is queued or in progress.
    pub ended_at: Option<Timestamp>,
    /// The updates by REST, in order.
    pub updates: Vec<CallUpdate>,
}

impl CallRecord {
    /// Creates a call that starts now.
    pub(super) fn new(sid: &str, direction: &'static str, from: &str, to: &str, status: &str) -> Self {
        Self {
            sid: sid.to_owned(),
            direction,
            from: from.to_owned(),
            to: to.to_owned(),
            status: status.to_owned(),
            started_at: clock::now(),
            ended_at: None,
            updates: Vec::new(),
        }
    }
}

/// A call that the daemon makes by a REST request.
#[derive(Clone, Debug)]
pub struct DialRequest {
    /// Twilio's id of the call, `CA…`.
    pub sid: String,
    /// The number of the account from which the call is made.
    pub from: String,
    /// The called number.
    pub to: String,
    /// The URL of the TwiML for the answered call.
    pub url: String,
    /// The URL that receives the status of the ended call.
    pub status_callback: Option<String>,
    /// The URL that receives the result of the answering machine detection, if the request asked for it.
    pub amd_callback: Option<String>,
}

/// The recording of a call.
#[derive(Clone, Debug)]
pub struct RecordingRecord {
    /// Twilio's id of the recording, `RE…`.
    pub sid: String,
    /// The sid of its call.
    pub call_sid: String,
    /// The content of the WAV file.
    pub wav: Vec<u8>,
    /// The duration in whole seconds.
    pub duration_s: u64,
    /// When the recording was stored.
    pub created_at: Timestamp,
}

/// A message in Twilio's state.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MessageRecord {
    /// Twilio's id of the message: `SM…`, or `MM…` with media.
    pub sid: String,
    /// `inbound` or `outbound-api`.
    pub direction: String,
    /// The sender, such as `whatsapp:+972501234567`.
    pub from: String,
    /// The recipient, in the same form.
    pub to: String,
    /// The text; empty for a template or a file without a caption.
    pub body: String,
    /// The id of the template, `HX…`; `None` for a message without a template.
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
    /// Twilio's error code of a failed message.
    pub error_code: Option<u32>,
    /// The URL of the status callbacks; `None` if the request has none.
    pub status_callback: Option<String>,
    /// The time at which Twilio accepted the message.
    pub created_at: Option<Timestamp>,
}

/// A media file of an inbound message.
#[derive(Clone, Debug)]
pub struct MediaRecord {
    /// Twilio's id of the media file, `ME…`.
    pub sid: String,
    /// The MIME type, such as `image/jpeg`.
    pub content_type: String,
    /// The bytes of the file.
    pub content: Vec<u8>,
}

impl MediaRecord {
    /// Creates a media file with a new sid.
    pub fn new(content_type: impl Into<String>, content: Vec<u8>) -> Self {
        Self { sid: random_sid("ME"), content_type: content_type.into(), content }
    }
}

/// The status and the type of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// `active`, `suspended` or `closed`.
    pub status: &'static str,
    /// `Full` or `Trial`.
    pub kind: &'static str,
}

impl Default for AccountState {
    fn default() -> Self {
        Self { status: "active", kind: "Full" }
    }
}

/// A phone number of the account. An empty string means that the field is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberRecord {
    /// Twilio's id of the phone number, `PN…`.
    pub sid: String,
    /// The phone number in E.164 form.
    pub phone_number: String,
    /// The URL that Twilio requests for an incoming call.
    pub voice_url: String,
    /// The HTTP method of `voice_url`.
    pub voice_method: String,
    /// The URL that Twilio requests if `voice_url` fails.
    pub voice_fallback_url: String,
    /// The URL that receives the status of calls.
    pub status_callback: String,
    /// The HTTP method of `status_callback`.
    pub status_callback_method: String,
    /// `AP…`: a TwiML application, whose URLs replace those of the number.
    pub voice_application_sid: String,
    /// `TK…`: a SIP trunk that receives the calls of the number instead.
    pub trunk_sid: String,
}

/// A WhatsApp sender of the account. An empty string means that the field is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderRecord {
    /// Twilio's id of the sender, `XE…`.
    pub sid: String,
    /// The phone number in E.164 form.
    pub number: String,
    /// `ONLINE`, `OFFLINE`, `CREATING`, …
    pub status: String,
    /// Why the sender is offline.
    pub offline_reason: String,
    /// The URL that receives the messages.
    pub callback_url: String,
}
