//! Sends messages: chooses the route, and stores message, outbox entry and response together.

use super::new_chats::{self, NewChatLimits};
use crate::crm::contact::resolve;
use crate::domain::{
    AddressKind, BusinessId, ContactId, Direction, LastInbound, MEDIA_PATH, MediaKind, MessageId, MessageStatus,
    OutboundAuthor, PeerAddress, PhoneNumber, Provider, ThreadId, ThreadType, Timestamp,
};
use crate::entropy;
use crate::inbox::message_time;
use crate::inbox::policy::{self, NoRoute, RouteInput, RoutingRules};
use crate::store::{Error, NewMessage, NewOutbox, ReadTx, Result, StoredResponse, WriteTx};
use serde::{Deserialize, Serialize};

/// A message to send.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// The business.
    pub business: BusinessId,
    /// The recipient.
    pub to: PeerAddress,
    /// The text.
    pub text: String,
    /// The URL of its file; checked already.
    pub media_url: Option<String>,
    /// Its file, if it is one that is stored here.
    pub file: Option<LocalFile>,
    /// The provider that the sender chose.
    pub named: Option<Provider>,
    /// The message of the same thread that it answers.
    pub reply_to: Option<MessageId>,
    /// The author: `user:3`, `token:2`, `agent`.
    pub author: String,
    /// The sender's idempotency key: the same key gives the same response and one message.
    pub idempotency_key: Option<String>,
    /// Limits on starting a conversation; none means no limits.
    pub new_chats: Option<NewChatLimits>,
    /// The key that the provider gets with each attempt; unique per message.
    pub send_key: String,
    /// When it was written, by the message clock.
    pub written_at: Timestamp,
}

impl SendRequest {
    /// A text without a file, by the provider that the policy selects.
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
            new_chats: None,
            send_key: entropy::random_hex::<16>(),
            written_at,
        }
    }
}

/// A stored file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The SHA-256 of its content.
    pub sha256: String,
    /// Its media type.
    pub mime: String,
    /// Its name.
    pub file_name: Option<String>,
}

impl LocalFile {
    /// Finds a stored file; none if it is unknown, or its content was deleted.
    pub fn find(tx: &ReadTx<'_>, sha256: &str) -> Result<Option<Self>> {
        let Some(file) = tx.media(sha256)?.filter(|file| !file.is_pruned) else { return Ok(None) };
        let file_name = tx.media_file_name(sha256)?;
        Ok(Some(Self { sha256: sha256.to_owned(), mime: file.mime, file_name }))
    }

    fn url(&self) -> String {
        format!("{MEDIA_PATH}{}", self.sha256)
    }
}

/// The message that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessageResponse {
    /// Always true.
    pub ok: bool,
    /// The message.
    pub message_id: MessageId,
    /// The thread.
    pub thread_id: ThreadId,
    /// `queued`.
    pub status: MessageStatus,
    /// The provider that is expected to send it.
    pub provider: Provider,
}

/// Why nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no route.
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    /// The key was used for another message.
    #[error("this Idempotency-Key was used for another message; use a new one for each message")]
    KeyReused,
    /// Conversations with this number are not allowed.
    #[error(
        "a new conversation is allowed only with numbers that begin with {prefixes} and are not premium-rate; replies to \
             contacts who write first are always allowed (whatsapp.new_chat_prefixes)"
    )]
    NotAllowed {
        /// The allowed prefixes of numbers.
        prefixes: String,
    },
    /// The daily limit of new conversations is reached.
    #[error(
        "too many new conversations within 24 hours; replies to contacts who write first are always allowed \
             (whatsapp.new_chats_per_user_per_day, whatsapp.new_chats_in_all_per_day)"
    )]
    TooManyNewChats,
    /// The message that it answers is not one of this conversation.
    #[error("reply_to must be the id of a message of the same thread that WhatsApp has")]
    ReplyToUnknown,
    /// Only Twilio could send it, and it is too long for Twilio.
    #[error("Twilio accepts at most {TWILIO_MAX_TEXT} characters, and no other provider can send this")]
    TooLongForTwilio,
}

impl SendError {
    /// The error code of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyReused => "key_reused",
            Self::NotAllowed { .. } => "recipient_not_allowed",
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

/// Chooses the route, and stores message, outbox entry and response together. On an error nothing is stored.
pub fn send(
    tx: &WriteTx<'_>,
    request: &SendRequest,
    rules: &RoutingRules,
    down: &[Provider],
    now: Timestamp,
) -> Result<Result<SendMessageResponse, SendError>> {
    let fingerprint = fingerprint(request);
    if let Some(key) = &request.idempotency_key
        && let Some(given) = tx.stored_response(request.business, key)?
    {
        if given.fingerprint != fingerprint {
            return Ok(Err(SendError::KeyReused));
        }
        let answer = serde_json::from_str(&given.answer).map_err(|error| Error::Value(error.to_string()))?;
        return Ok(Ok(answer));
    }
    let to = Recipient::of(tx, request)?;
    if let Some(refusal) = new_chats::refusal(tx, request, to.thread, &to.address, now)? {
        return Ok(Err(refusal));
    }
    let quoted = match request.reply_to {
        Some(id) => match tx.quotable(id, to.thread)? {
            Some(provider_msg_id) => Some(provider_msg_id),
            None => return Ok(Err(SendError::ReplyToUnknown)),
        },
        None => None,
    };
    let capable = capable_providers(&to.address, &request.text);
    let input = RouteInput {
        rules,
        named: request.named,
        last_in: to.last_in,
        capable,
        refused: &[],
        opted_out: to.opted_out,
        down,
        now,
    };
    let route = match policy::choose(&input) {
        Ok(route) => route,
        Err(NoRoute::Unable) if capable != capable_providers(&to.address, "") => {
            return Ok(Err(SendError::TooLongForTwilio));
        }
        Err(no_route) => return Ok(Err(no_route.into())),
    };
    let thread = resolve::find_or_create_thread(tx, request.business, &request.to, now)?;
    let created_at = message_time::live(request.written_at, thread.newest);
    let file_url = request.file.as_ref().map(LocalFile::url);
    let media_url = request.media_url.as_deref().or(file_url.as_deref());
    let kind = match &request.file {
        Some(file) => MediaKind::of_mime(&file.mime),
        None => media_url.map_or(MediaKind::Text, MediaKind::of_url),
    };
    let message = tx
        .insert_message(&NewMessage {
            thread: thread.id,
            direction: Direction::Out,
            kind,
            text: &request.text,
            media_url,
            provider: route.provider,
            provider_msg_id: None,
            status: MessageStatus::Queued,
            author: Some(&request.author),
            quoted: quoted.as_deref(),
            extra: None,
            created_at,
            provider_time: None,
        })?
        .ok_or(Error::NotFound("new message"))?;
    if let Some(file) = &request.file {
        tx.attach_stored_media(message, &file.sha256, &file.url(), &file.mime, file.file_name.as_deref())?;
    }
    tx.record_outbound(thread.id, route.provider, created_at, OutboundAuthor::of(&request.author))?;
    tx.insert_outbox(
        &NewOutbox {
            message,
            contact: thread.contact,
            recipient: &to.address,
            send_key: &request.send_key,
            named: request.named,
            provider: route.provider,
            template: route.template,
        },
        now,
    )?;
    let answer = SendMessageResponse {
        ok: true,
        message_id: message,
        thread_id: thread.id,
        status: MessageStatus::Queued,
        provider: route.provider,
    };
    if let Some(key) = &request.idempotency_key {
        let answer = serde_json::to_string(&answer).map_err(|error| Error::Value(error.to_string()))?;
        tx.insert_response(request.business, key, &StoredResponse { fingerprint, answer }, now)?;
    }
    Ok(Ok(answer))
}

/// The providers that can send a text to an address at all: both accept numbers, the bridge LIDs, Twilio
/// business-scoped ids. Twilio accepts no long texts.
pub fn capable_providers(address: &str, text: &str) -> &'static [Provider] {
    let (by_bridge, by_twilio) = match PeerAddress::from_stored(address) {
        Some(PeerAddress::Phone(_)) => (true, true),
        Some(PeerAddress::Lid(_)) => (true, false),
        Some(PeerAddress::Bsuid(_) | PeerAddress::TwilioWa(_)) => (false, true),
        None => (false, false),
    };
    match (by_bridge, by_twilio && !is_too_long_for_twilio(text)) {
        (true, true) => &[Provider::Baileys, Provider::Twilio],
        (true, false) => &[Provider::Baileys],
        (false, true) => &[Provider::Twilio],
        (false, false) => &[],
    }
}

fn is_number(address: &str) -> bool {
    PhoneNumber::from_e164(address).is_some()
}

fn is_too_long_for_twilio(text: &str) -> bool {
    text.chars().count() > TWILIO_MAX_TEXT
}

const TWILIO_MAX_TEXT: usize = 1600;

/// How the contact is reached.
struct Recipient {
    /// The number if one is known, else the id.
    address: String,
    last_in: LastInbound,
    opted_out: bool,
    /// The WhatsApp thread with the contact.
    thread: Option<ThreadId>,
}

impl Recipient {
    /// Looks up the recipient, without creating a contact.
    fn of(tx: &WriteTx<'_>, request: &SendRequest) -> Result<Self> {
        let contact = resolve::find_recipient(tx, request.business, &request.to)?;
        let thread = match contact {
            Some(contact) => tx.thread_with(request.business, ThreadType::WhatsApp, contact)?,
            None => None,
        };
        let last_in = thread.map(|thread| tx.last_in(thread)).transpose()?.unwrap_or_default();
        let address = match contact {
            Some(contact) => address_of(tx, request, contact, thread)?,
            None => request.to.to_string(),
        };
        let opted_out = contact.map(|contact| tx.contact_has_opted_out(contact)).transpose()?.unwrap_or(false);
        Ok(Self { address, last_in, opted_out, thread })
    }
}

/// The address to write to: the requested number, if it is the contact's; the number that belongs to the requested id;
/// else what the thread shows. A number that the contact no longer has is thereby replaced by the current one.
fn address_of(tx: &WriteTx<'_>, request: &SendRequest, contact: ContactId, thread: Option<ThreadId>) -> Result<String> {
    let to = &request.to;
    let number = match to.number() {
        Some(number) => {
            let holder = resolve::find(tx, request.business, to)?;
            holder.filter(|holder| *holder == contact).map(|_| number.to_string())
        }
        None => tx.address_holder(request.business, to.kind(), to.value())?.and_then(|holder| holder.number),
    };
    if let Some(number) = number {
        return Ok(number);
    }
    let best = tx.best_address(contact)?;
    if to.kind() != AddressKind::Phone && !is_number(&best) {
        return Ok(to.to_string());
    }
    let shown = thread.map(|thread| tx.thread(thread)).transpose()?.flatten().map(|thread| thread.peer_number);
    Ok(shown.filter(|shown| is_number(shown)).unwrap_or(best))
}

/// The fields that make two requests equal.
fn fingerprint(request: &SendRequest) -> String {
    let file = request.file.as_ref().map(|file| &file.sha256).or(request.media_url.as_ref());
    let mut parts = vec![
        serde_json::json!(request.to.to_string()),
        serde_json::json!(request.text),
        serde_json::json!(file),
        serde_json::json!(request.named),
    ];
    // Keys that were stored by versions without answers stay valid.
    parts.extend(request.reply_to.map(|id| serde_json::json!(id.0)));
    StoredResponse::fingerprint(&parts.into())
}
