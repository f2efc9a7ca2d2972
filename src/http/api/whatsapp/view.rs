//! API types of sent messages.

use crate::config;
use crate::crm::outbox;
use crate::http::api::one_of::OneOf;
use crate::http::api::threads::view::Provider;
use crate::http::api::threads::view::list::MessageStatus;
use serde::{Deserialize, Serialize};

/// A WhatsApp message to send.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendMessageRequest {
    /// The recipient: `+9725…`, `whatsapp:+9725…`, `9725…`, `9725…@s.whatsapp.net`, the national `05…`, or `…@lid`.
    pub(super) to: String,
    /// The text of the message, or the caption of the file, at most 4096 characters; without a file, it is required, so
    /// it must not be absent or null. With an audio file, the text is sent as a separate message before the file.
    pub(super) text: Option<String>,
    /// The https URL of a file to attach, on a public server; absent or null if there is none.
    pub(super) media_url: Option<String>,
    /// The id of a file from `POST /api/media` to attach, instead of `media_url`; absent or null if there is none.
    pub(super) media_id: Option<String>,
    /// The provider that sends the message; `auto`, the default, lets the routing policy choose.
    pub(super) provider: Option<ProviderChoice>,
    /// The id of the message to which this message replies; it must be in the same thread, and a provider must have
    /// received or sent it. Absent or null if the message is not a reply. The bridge sends the message with a quote of
    /// the other message. Twilio cannot quote messages, so through Twilio, the message is sent without the quote.
    pub(super) reply_to: Option<i64>,
}

pub(crate) type ProviderChoice = OneOf<config::ProviderChoice>;

/// The message that was stored and queued.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SendMessageResponse {
    /// Always true.
    ok: bool,
    /// The id of the message; if the text of an audio file is sent separately, that of the message with the file.
    pub(super) message_id: i64,
    /// The id of the thread.
    thread_id: i64,
    /// The delivery status of the new message: `queued`.
    pub(super) status: MessageStatus,
    /// The provider that is expected to send the message.
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
