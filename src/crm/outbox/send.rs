//! Sending: the way is chosen, and message, outbox and answer are stored together.

use super::new_chats::{self, NewChatLimits};
use crate::crm::contact::resolve;
use crate::domain::{
    AddressKind, BusinessId, ContactId, Direction, LastIn, MediaKind, MessageId, MessageStatus, PeerAddress, Provider,
    ThreadId, ThreadType, Timestamp, hex,
};
use crate::inbox::message_time;
use crate::inbox::policy::{self, Case, NoWay, Rules};
use crate::store::{Error, GivenAnswer, NewMessage, NewOutbox, Result, WriteTx};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is to be sent to whom.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// Whose message it is.
    pub business: BusinessId,
    /// To whom.
    pub to: PeerAddress,
    /// The text.
    pub text: String,
    /// Where its file is; checked already.
    pub media_url: Option<String>,
    /// The provider that the sender names.
    pub named: Option<Provider>,
    /// Who writes: `user:3`, `token:2`, `agent`.
    pub author: String,
    /// The sender's key of the request: the same key gives the same answer and one message.
    pub idempotency_key: Option<String>,
    /// To whom it may begin a conversation; none means to everybody.
    pub new_chats: Option<NewChatLimits>,
    /// What the provider is given with each attempt; fresh for each message.
    pub send_key: String,
    /// When it is written, by the message clock.
    pub written_at: Timestamp,
}

/// The message that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SendAnswer {
    /// Always true.
    pub ok: bool,
    /// The message.
    #[schema(value_type = i64)]
    pub message_id: MessageId,
    /// The thread.
    #[schema(value_type = i64)]
    pub thread_id: ThreadId,
    /// `queued`.
    pub status: MessageStatus,
    /// The provider that is expected to send it.
    pub provider: Provider,
}

/// Why nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no way.
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// The key was used for another message.
    #[error("this Idempotency-Key was used for another message; use a new one for each message")]
    KeyReused,
    /// A conversation may not be begun with this number.
    #[error(
        "a conversation may be begun with numbers that begin with {prefixes} and cost no more than others; whoever writes \
             first is answered all the same (whatsapp.new_chat_prefixes)"
    )]
    NotAllowed {
        /// How allowed numbers begin.
        prefixes: String,
    },
    /// Enough conversations were begun today.
    #[error(
        "too many conversations were begun within 24 hours; whoever writes first is answered all the same \
             (whatsapp.new_chats_per_user_per_day, whatsapp.new_chats_in_all_per_day)"
    )]
    TooManyNewChats,
    /// Only Twilio could send it, and it is too long for it.
    #[error("Twilio takes at most {TWILIO_LONGEST_TEXT} characters, and no other provider can send this")]
    TooLongForTwilio,
}

impl SendError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyReused => "key_reused",
            Self::NotAllowed { .. } => "recipient_not_allowed",
            Self::TooManyNewChats => "too_many_new_chats",
            Self::TooLongForTwilio => "text_too_long",
            Self::NoWay(NoWay::TemplateRequired) => "template_required",
            Self::NoWay(NoWay::OptedOut) => "contact_opted_out",
            Self::NoWay(NoWay::Disabled(_)) => "provider_disabled",
            Self::NoWay(NoWay::NoProvider | NoWay::Unable | NoWay::Refused) => "no_provider",
        }
    }
}

/// Sends: chooses the way, and stores message, place in the outbox and answer together. On an error nothing is stored.
pub fn send(
    tx: &WriteTx<'_>,
    request: &SendRequest,
    rules: &Rules,
    down: &[Provider],
    now: Timestamp,
) -> Result<Result<SendAnswer, SendError>> {
    let fingerprint = fingerprint(request);
    if let Some(key) = &request.idempotency_key
        && let Some(given) = tx.given_answer(request.business, key)?
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
    let able = able(&to.address, &request.text);
    let case = Case {
        rules,
        named: request.named,
        last_in: to.last_in,
        able,
        refused: &[],
        opted_out: to.opted_out,
        down,
        now,
    };
    let way = match policy::choose(&case) {
        Ok(way) => way,
        Err(NoWay::Unable) if able != self::able(&to.address, "") => {
            return Ok(Err(SendError::TooLongForTwilio));
        }
        Err(no_way) => return Ok(Err(no_way.into())),
    };
    let thread = resolve::find_or_create_thread(tx, request.business, &request.to, now)?;
    let created_at = message_time::live(request.written_at, thread.newest);
    let message = tx
        .insert_message(&NewMessage {
            thread: thread.id,
            direction: Direction::Out,
            kind: request.media_url.as_deref().map_or(MediaKind::Text, MediaKind::of_url),
            text: &request.text,
            media_url: request.media_url.as_deref(),
            provider: way.provider,
            provider_msg_id: None,
            status: MessageStatus::Queued,
            author: Some(&request.author),
            quoted: None,
            extra: None,
            created_at,
            provider_time: None,
        })?
        .ok_or(Error::NotFound("new message"))?;
    tx.note_message_out(thread.id, way.provider, created_at, false)?;
    tx.insert_outbox(
        &NewOutbox {
            message,
            contact: thread.contact,
            recipient: &to.address,
            send_key: &request.send_key,
            named: request.named,
            provider: way.provider,
            template: way.template,
        },
        now,
    )?;
    let answer = SendAnswer {
        ok: true,
        message_id: message,
        thread_id: thread.id,
        status: MessageStatus::Queued,
        provider: way.provider,
    };
    if let Some(key) = &request.idempotency_key {
        let answer = serde_json::to_string(&answer).map_err(|error| Error::Value(error.to_string()))?;
        tx.insert_answer(request.business, key, &GivenAnswer { fingerprint, answer }, now)?;
    }
    Ok(Ok(answer))
}

/// Who can carry a text to an address at all: both know numbers, the bridge LIDs, Twilio business-scoped ids. Twilio takes no
/// long texts.
pub fn able(address: &str, text: &str) -> &'static [Provider] {
    let (by_bridge, by_twilio) = match address {
        "" => (false, false),
        _ if is_number(address) => (true, true),
        _ if address.ends_with("@lid") => (true, false),
        _ => (false, true),
    };
    match (by_bridge, by_twilio && !is_too_long_for_twilio(text)) {
        (true, true) => &[Provider::Baileys, Provider::Twilio],
        (true, false) => &[Provider::Baileys],
        (false, true) => &[Provider::Twilio],
        (false, false) => &[],
    }
}

fn is_number(address: &str) -> bool {
    address.starts_with('+')
}

fn is_too_long_for_twilio(text: &str) -> bool {
    text.chars().count() > TWILIO_LONGEST_TEXT
}

const TWILIO_LONGEST_TEXT: usize = 1600;

/// How the contact is reached.
struct Recipient {
    /// The number where one is known, else the id.
    address: String,
    last_in: LastIn,
    opted_out: bool,
    /// The WhatsApp thread with the contact.
    thread: Option<ThreadId>,
}

impl Recipient {
    /// Looks the contact up, and creates none.
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
        let opted_out = thread.map(|thread| tx.has_opted_out(thread)).transpose()?.unwrap_or(false);
        Ok(Self { address, last_in, opted_out, thread })
    }
}

/// Where a contact is written to: the number that was named, if it is the contact's; the number that belongs to the named id; else
/// what the thread shows. So a number that the contact has no longer leads to the one that it has now.
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

/// What makes two requests the same.
fn fingerprint(request: &SendRequest) -> String {
    let parts = serde_json::json!([request.to.to_string(), request.text, request.media_url, request.named]);
    hex(&Sha256::digest(parts.to_string()))
}
