//! API types of sent messages.

use crate::config;
use crate::crm::outbox;
use crate::http::api::one_of::OneOf;
use crate::http::api::threads::view::{MessageStatus, Provider};
use serde::{Deserialize, Serialize};

/// A message to send.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendMessageRequest {
    /// The recipient: `+9725…`, `whatsapp:+9725…`, `9725…`, `9725…@s.whatsapp.net`, the national `05…`, or `…@lid`.
    pub(super) to: String,
    /// The text.
    pub(super) text: Option<String>,
    /// The https URL of a file on a public server.
    pub(super) media_url: Option<String>,
    /// The id of a file from `POST /api/media`, instead of `media_url`.
    pub(super) media_id: Option<String>,
    /// The provider; `auto` by default.
    pub(super) provider: Option<ProviderChoice>,
    /// The id of a message of the same thread to which this message replies. The bridge shows it as a quote. Twilio
    /// cannot quote messages, so through Twilio the message is sent without the quote.
    pub(super) reply_to: Option<i64>,
}

pub(crate) type ProviderChoice = OneOf<config::ProviderChoice>;

/// The message that was stored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SendMessageResponse {
    /// Always true.
    ok: bool,
    /// The id of the message.
    pub(super) message_id: i64,
    /// The id of the thread.
    thread_id: i64,
    /// `queued`.
    pub(super) status: MessageStatus,
    /// The provider that is expected to send it.
    pub(super) provider: Provider,
}

impl From<outbox::SendMessageResponse> for SendMessageResponse {
    fn from(sent: outbox::SendMessageResponse) -> Self {
        Self {
            ok: sent.ok,
            message_id: sent.message_id.0,
            thread_id: sent.thread_id.0,
            status: sent.status.into(),
            provider: sent.provider.into(),
        }
    }
}
