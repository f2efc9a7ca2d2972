//! The records in Twilio's state: calls, recordings, messages, and the account with its phone numbers.

use crate::{clock, entropy};
use agentlocator_core::domain::Timestamp;
use serde::Serialize;

/// A Twilio account.
#[derive(Clone, Debug)]
pub struct Account {
    /// `AC…`.
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

/// Creates a random id in Twilio's form: two letters and 32 hex digits.
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
        /// The URL.
        url: String,
        /// `GET` or `POST`.
        method: String,
    },
}

/// A call.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// `CA…`
    pub sid: String,
    /// `inbound` or `outbound-api`.
    pub direction: &'static str,
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// `ringing`, `in-progress`, `completed`, …
    pub status: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
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

/// A call that a REST request made.
#[derive(Clone, Debug)]
pub struct DialRequest {
    /// `CA…`
    pub sid: String,
    /// The number of the account.
    pub from: String,
    /// The called number.
    pub to: String,
    /// The URL of the TwiML for the answered call.
    pub url: String,
    /// The URL that receives the status of the ended call.
    pub status_callback: Option<String>,
    /// The URL that receives who answered, if machines are detected.
    pub amd_callback: Option<String>,
}

/// A recording.
#[derive(Clone, Debug)]
pub struct RecordingRecord {
    /// `RE…`
    pub sid: String,
    /// The sid of its call.
    pub call_sid: String,
    /// The content of the WAV file.
    pub wav: Vec<u8>,
    /// The duration in whole seconds, rounded as Twilio does.
    pub duration_s: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

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

/// The state of the account.
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
    /// `PN…`
    pub sid: String,
    /// The phone number in E.164 form.
    pub phone_number: String,
    /// The URL that Twilio requests for a call.
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
