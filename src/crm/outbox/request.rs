//! A request to send a message, and the reasons for refusing it.

use crate::domain::{
    BusinessId, MEDIA_PATH, MessageId, MessageStatus, MistypedNumber, PeerAddress, Provider, ThreadId, Timestamp,
};
use crate::entropy;
use crate::inbox::policy::NoRoute;
use crate::store::{Error, ReadTx, Result};
use phonenumber::country;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug)]
pub struct SendRequest {
    pub business: BusinessId,
    pub to: PeerAddress,
    pub text: String,
    /// The URL of the file to send; validated already.
    pub media_url: Option<String>,
    /// The file to send, if the daemon has stored it.
    pub file: Option<LocalFile>,
    /// The provider that the sender chose; `None` if the policy selects it.
    pub named: Option<Provider>,
    /// The message in the same thread that this message replies to.
    pub reply_to: Option<MessageId>,
    /// The author, such as `user:3`, `token:2` or `agent`.
    pub author: String,
    /// The sender's idempotency key: a repeated request returns the first response and sends no second message.
    pub idempotency_key: Option<String>,
    /// True for the confirmation of an opt-out by the contact. It is sent in spite of it, but never as a template.
    pub confirms_opt_out: bool,
    /// Limits on starting a conversation; `None` means no limits.
    pub new_chats: Option<NewChatLimits>,
    /// The key that is sent to the provider with each attempt; unique per message.
    pub send_key: String,
    /// The time of the message clock when the message was written.
    pub written_at: Timestamp,
}

impl SendRequest {
    pub fn text(to: PeerAddress, text: String, author: String, written_at: Timestamp) -> Self {
        Self {
            business: BusinessId::FIRST,
            to,
            text,
            media_url: None,
            file: None,
            named: None,
            reply_to: None,
            author,
            idempotency_key: None,
            confirms_opt_out: false,
            new_chats: None,
            send_key: entropy::random_hex::<16>(),
            written_at,
        }
    }
}

/// Limits on messages that start a conversation, across all providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChatLimits {
    /// The allowed prefixes of phone numbers, such as `+972`; `+` allows all countries. Premium-rate numbers are never
    /// allowed.
    pub prefixes: Vec<String>,
    /// The country of the business.
    pub country: country::Id,
    /// How many conversations one author, such as a user, a token or the agent, may start in 24 hours.
    pub per_author: u32,
    /// How many conversations may be started in 24 hours in total.
    pub in_all: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    pub sha256: String,
    pub mime: String,
    pub file_name: Option<String>,
}

impl LocalFile {
    /// Finds a stored file; `None` if it is unknown or its content was deleted.
    pub fn find(tx: &ReadTx<'_>, sha256: &str) -> Result<Option<Self>> {
        let Some(file) = tx.media(sha256)?.filter(|file| !file.is_pruned) else { return Ok(None) };
        let file_name = tx.media_file_name(sha256)?;
        Ok(Some(Self { sha256: sha256.to_owned(), mime: file.mime, file_name }))
    }

    pub(super) fn url(&self) -> String {
        format!("{MEDIA_PATH}{}", self.sha256)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessageResponse {
    /// Always true. Part of the API's response format.
    pub ok: bool,
    pub message_id: MessageId,
    pub thread_id: ThreadId,
    /// Always `queued`.
    pub status: MessageStatus,
    /// The provider that is expected to send the message.
    pub provider: Provider,
}

#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Refused(#[from] SendRefusal),
    #[error(transparent)]
    Store(#[from] Error),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendRefusal {
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    #[error("this Idempotency-Key was used for another message; use a new one for each message")]
    KeyReused,
    #[error(
        "a new conversation is allowed only with numbers that begin with {prefixes} and are not premium-rate; replies to \
             contacts who write first are always allowed (whatsapp.new_chat_prefixes)"
    )]
    NotAllowed {
        /// The allowed prefixes of numbers, separated by commas.
        prefixes: String,
    },
    #[error(transparent)]
    Mistyped(#[from] MistypedNumber),
    /// The author's limit or the total limit of new conversations in 24 hours is reached.
    #[error(
        "too many new conversations within 24 hours; replies to contacts who write first are always allowed \
             (whatsapp.new_chats_per_user_per_day, whatsapp.new_chats_in_all_per_day)"
    )]
    TooManyNewChats,
    /// The message to reply to is not in this thread, has no id of WhatsApp, or was deleted by its author.
    #[error(
        "reply_to must be the id of a message of the same thread that WhatsApp has and that its author has not deleted"
    )]
    ReplyToUnknown,
    /// Only Twilio could send the message, and the text is too long for Twilio.
    #[error("Twilio accepts at most {TWILIO_MAX_TEXT} characters, and no other provider can send this")]
    TooLongForTwilio,
}

impl SendRefusal {
    /// The error code of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyReused => "key_reused",
            Self::NotAllowed { .. } => "recipient_not_allowed",
            Self::Mistyped(_) => "invalid_recipient",
            Self::TooManyNewChats => "too_many_new_chats",
            Self::ReplyToUnknown => "reply_to_unknown",
            Self::TooLongForTwilio => "text_too_long",
            Self::NoRoute(NoRoute::TemplateRequired) => "template_required",
            Self::NoRoute(NoRoute::OptedOut) => "contact_opted_out",
            Self::NoRoute(NoRoute::Disabled(_)) => "provider_disabled",
            Self::NoRoute(NoRoute::NoProvider | NoRoute::Unable | NoRoute::Refused) => "no_provider",
        }
    }
}

/// The maximum length of a text for Twilio, in characters.
pub(super) const TWILIO_MAX_TEXT: usize = 1600;
