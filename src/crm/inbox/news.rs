//! What is told of a message after it was written: how far it came, new words, an emoji, that it was taken back.

use super::{Raw, keep};
use crate::crm::contact::resolve;
use crate::crm::outbox;
use crate::domain::{
    Actor, BusinessId, Change, Direction, LateRefusal, MessageEventKind, MessageId, MessageNews, MessageStatus,
    PeerAddress, Provider, ThreadId, ThreadType, Timestamp,
};
use crate::store::{JournalOutcome, KnownMessage, NewMessageEvent, Result, WriteTx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Takes news of a message in, with its journal. News of a message that we do not know yet, because the answer to our
/// own sending is still on its way, is kept for a later look.
pub fn news(
    tx: &WriteTx<'_>,
    business: BusinessId,
    news: &MessageNews,
    raw: &Raw,
    now: Timestamp,
) -> Result<Option<MessageId>> {
    let known = apply(tx, business, news, now)?;
    if known.is_none()
        && let Change::Status(status, refusal) = &news.change
    {
        let early = EarlyStatus {
            provider: news.provider,
            id: news.provider_msg_id.clone(),
            status: *status,
            refusal: refusal.clone(),
            at: news.at,
        };
        let key = format!("{STATUS_JOB}:{}:{}:{status}", early.provider, early.id);
        if let Ok(payload) = serde_json::to_string(&early) {
            tx.insert_job(STATUS_JOB, Some(&key), &payload, now.plus(FIRST_LOOK), now)?;
        }
    }
    let (outcome, note) = match known {
        Some(_) => (JournalOutcome::Stored, ""),
        None => (JournalOutcome::Ignored, "news of a message that is not known"),
    };
    keep(tx, raw, outcome, note, known, now)?;
    Ok(known)
}

/// Looks again whether a message has become known; false if it has not.
pub fn hear_again(tx: &WriteTx<'_>, business: BusinessId, payload: &str, now: Timestamp) -> Result<bool> {
    let Ok(early) = serde_json::from_str::<EarlyStatus>(payload) else { return Ok(true) };
    let news = MessageNews {
        provider: early.provider,
        provider_msg_id: early.id,
        peer: Vec::new(),
        change: Change::Status(early.status, early.refusal),
        actor: Actor::Provider,
        at: early.at,
    };
    Ok(apply(tx, business, &news, now)?.is_some())
}

/// The job that looks again for a message whose status came before its id.
pub const STATUS_JOB: &str = "whatsapp.status";

const FIRST_LOOK: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
struct EarlyStatus {
    provider: Provider,
    id: String,
    status: MessageStatus,
    refusal: Option<LateRefusal>,
    at: Option<Timestamp>,
}

fn apply(tx: &WriteTx<'_>, business: BusinessId, news: &MessageNews, now: Timestamp) -> Result<Option<MessageId>> {
    let chat = thread_with(tx, business, &news.peer)?;
    if chat.is_none() && !news.peer.is_empty() {
        return Ok(None);
    }
    let at = news.at.unwrap_or(now).min(now);
    let attempt = (news.provider, news.provider_msg_id.as_str());
    if let Change::Status(status, _) = &news.change
        && let Some(message) = outbox::status_of_refused_attempt(tx, attempt, *status, at, now)?
    {
        return Ok(Some(message));
    }
    let known = tx.messages_by_provider_id(news.provider, &news.provider_msg_id, chat)?;
    let Some(message) = pick(&known, news) else { return Ok(None) };
    if let Change::Status(MessageStatus::Failed, Some(late)) = &news.change
        && outbox::refuse_late(tx, message, attempt, late, now)?
    {
        return Ok(Some(message.id));
    }
    let (kind, value) = match &news.change {
        Change::Status(status, _) => (MessageEventKind::Status, status.as_str()),
        Change::Edit(text) => (MessageEventKind::Edit, text.as_str()),
        Change::Reaction(emoji) => (MessageEventKind::Reaction, emoji.as_str()),
        Change::Deletion => (MessageEventKind::Deletion, ""),
    };
    let detail = match &news.change {
        Change::Status(_, Some(LateRefusal { trouble, .. })) => {
            Some(serde_json::json!({ "code": trouble.code, "error": trouble.sentence }).to_string())
        }
        // The words as they were stay with the edit.
        Change::Edit(_) => {
            let before = tx.message(message.id)?.map(|message| message.content_text);
            Some(serde_json::json!({ "before": before }).to_string())
        }
        Change::Status(_, None) | Change::Reaction(_) | Change::Deletion => None,
    };
    tx.insert_message_event(&NewMessageEvent {
        message: message.id,
        kind,
        value,
        actor: news.actor.as_str(),
        provider: news.provider,
        at,
        detail: detail.as_deref(),
    })?;
    match &news.change {
        Change::Status(status, refusal) => {
            let next = message.status.advance(*status);
            if next != message.status {
                let refusal = refusal.as_ref().filter(|_| next == MessageStatus::Failed);
                let error = refusal.map(|late| (late.trouble.code.as_str(), late.trouble.sentence.as_str()));
                tx.set_message_status(message.id, next, error, at)?;
            }
        }
        Change::Edit(text) => tx.set_message_text(message.id, text)?,
        Change::Reaction(_) | Change::Deletion => {}
    }
    Ok(Some(message.id))
}

/// The chat with the person of these names, if there is one.
fn thread_with(tx: &WriteTx<'_>, business: BusinessId, peer: &[PeerAddress]) -> Result<Option<ThreadId>> {
    match resolve::find_any(tx, business, peer)? {
        Some(contact) => tx.thread_with(business, ThreadType::WhatsApp, contact),
        None => Ok(None),
    }
}

/// A provider's status is of what we sent. Both sides react to anything, but change only what they wrote themselves:
/// whoever writes to us must not put words into our mouth.
fn pick<'a>(known: &'a [KnownMessage], news: &MessageNews) -> Option<&'a KnownMessage> {
    let written = |direction| known.iter().find(|message| message.direction == direction);
    match (&news.change, news.actor) {
        (Change::Status(..), _) | (Change::Edit(_) | Change::Deletion, Actor::Phone) => written(Direction::Out),
        (Change::Edit(_) | Change::Deletion, Actor::Contact) => written(Direction::In),
        (Change::Edit(_) | Change::Deletion, Actor::Provider) | (Change::Reaction(_), _) => {
            written(Direction::Out).or(known.first())
        }
    }
}
