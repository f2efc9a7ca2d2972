//! Updates to messages: delivery status, edits, reactions and deletions.

use crate::crm::contact::resolve;
use crate::crm::outbox::{self, LateOutcome};
use crate::crm::thread::answer_failed;
use crate::crm::webhook_log::{RawWebhook, log_webhook};
use crate::domain::{
    Actor, BusinessId, Change, Direction, LateRefusal, MessageEventKind, MessageId, MessageStatus, MessageUpdate,
    PeerAddress, Provider, ThreadId, ThreadType, Timestamp,
};
use crate::store::{Error, KnownMessage, NewMessageEvent, ReadTx, Result, WebhookOutcome, WriteTx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateEffect {
    /// The message has the update, and nothing else follows from it.
    Stored,
    /// The provider rejected the message late. The outbox tries the next route, or marks the message as failed if there
    /// is none.
    Requeued,
    Failed,
}

/// Returns `None` if no stored message matches: an update can arrive before the webhook of its message, or before the
/// provider's response to a send request. The update is then kept until such a message is stored, or until retention
/// deletes it. Ignores an update of an erased message, and does not log its webhook, which contains the contact's
/// address.
pub fn apply_update(
    tx: &WriteTx<'_>,
    business: BusinessId,
    update: &MessageUpdate,
    raw: &RawWebhook,
    now: Timestamp,
) -> Result<Option<(MessageId, UpdateEffect)>> {
    let known = apply(tx, business, update, now)?;
    if known.is_none() && tx.was_erased(&update.provider_msg_id)? {
        return Ok(None);
    }
    let (outcome, note) = match known {
        Some(_) => (WebhookOutcome::Stored, ""),
        None if store_early(tx, update, now)? => (WebhookOutcome::Stored, STORED_EARLY),
        None => (WebhookOutcome::Duplicate, STORED_EARLY),
    };
    log_webhook(tx, raw, outcome, note, known.map(|(message, _)| message), now)?;
    Ok(known)
}

/// Returns true if the update is a status of an outbound message, and is later than the stored status. Returns false
/// for an unknown id, such as that of an attempt that the provider rejected late.
pub fn is_new_status(tx: &ReadTx<'_>, update: &MessageUpdate) -> Result<bool> {
    let Change::Status(status, _) = &update.change else { return Ok(false) };
    let known = tx.messages_by_provider_id(update.provider, &update.provider_msg_id, None)?;
    Ok(pick(&known, update).is_some_and(|message| message.status.advance(*status) != message.status))
}

/// Applies a status that was read from a provider's list, if it is later than the stored one.
pub fn apply_listed_status(
    tx: &WriteTx<'_>,
    business: BusinessId,
    update: &MessageUpdate,
    now: Timestamp,
) -> Result<Option<MessageId>> {
    if !is_new_status(tx, update)? {
        return Ok(None);
    }
    Ok(apply(tx, business, update, now)?.map(|(message, _)| message))
}

/// Applies the stored early updates, once a provider's id of a message is known.
pub fn apply_early(
    tx: &WriteTx<'_>,
    business: BusinessId,
    provider: Provider,
    provider_msg_id: &str,
    now: Timestamp,
) -> Result<()> {
    for early in tx.early_updates(provider, provider_msg_id)? {
        let Ok(mut update) = serde_json::from_str::<MessageUpdate>(&early.content) else {
            tx.delete_early_update(early.id)?;
            continue;
        };
        update.at = update.at.or(Some(early.received_at));
        // An id is unique only within its chat, so the stored message may be another one; the update is then kept.
        if apply(tx, business, &update, now)?.is_some() {
            tx.delete_early_update(early.id)?;
        }
    }
    Ok(())
}

/// Returns false if the update is stored already.
fn store_early(tx: &WriteTx<'_>, update: &MessageUpdate, now: Timestamp) -> Result<bool> {
    let content = serde_json::to_string(update).map_err(|error| Error::Value(error.to_string()))?;
    tx.insert_early_update(update.provider, &update.provider_msg_id, &content, now)
}

const STORED_EARLY: &str = "stored for a message that is not known yet";

fn apply(
    tx: &WriteTx<'_>,
    business: BusinessId,
    update: &MessageUpdate,
    now: Timestamp,
) -> Result<Option<(MessageId, UpdateEffect)>> {
    let chat = thread_with(tx, business, &update.peer)?;
    if chat.is_none() && !update.peer.is_empty() {
        return Ok(None);
    }
    let at = update.at.unwrap_or(now).min(now);
    let attempt = (update.provider, update.provider_msg_id.as_str());
    if let Change::Status(status, _) = &update.change
        && let Some(message) = outbox::status_of_refused_attempt(tx, attempt, *status, at, now)?
    {
        return Ok(Some((message, UpdateEffect::Stored)));
    }
    let known = tx.messages_by_provider_id(update.provider, &update.provider_msg_id, chat)?;
    let Some(message) = pick(&known, update) else { return Ok(None) };
    if let Change::Status(MessageStatus::Failed, Some(late)) = &update.change {
        match outbox::refuse_late(tx, message, attempt, late, now)? {
            LateOutcome::NotAwaited => {}
            LateOutcome::Repeated => return Ok(Some((message.id, UpdateEffect::Stored))),
            LateOutcome::Requeued => return Ok(Some((message.id, UpdateEffect::Requeued))),
        }
    }
    let (kind, value) = match &update.change {
        Change::Status(status, _) => (MessageEventKind::Status, status.as_str()),
        Change::Edit(text) => (MessageEventKind::Edit, text.as_str()),
        Change::Reaction(emoji) => (MessageEventKind::Reaction, emoji.as_str()),
        Change::Deletion => (MessageEventKind::Deletion, ""),
    };
    let detail = match &update.change {
        Change::Status(_, Some(LateRefusal { provider_error, .. })) => {
            Some(serde_json::json!({ "code": provider_error.code, "error": provider_error.notice }).to_string())
        }
        // The previous text is stored with the edit.
        Change::Edit(_) => {
            let before = tx.message(message.id)?.map(|message| message.content_text);
            Some(serde_json::json!({ "before": before }).to_string())
        }
        Change::Status(_, None) | Change::Reaction(_) | Change::Deletion => None,
    };
    let is_new = tx.insert_message_event(&NewMessageEvent {
        message: message.id,
        kind,
        value,
        actor: update.actor.as_str(),
        provider: update.provider,
        provider_event_id: update.event_id.as_deref(),
        at,
        is_timed: update.at.is_some(),
        detail: detail.as_deref(),
    })?;
    let mut effect = UpdateEffect::Stored;
    match &update.change {
        Change::Status(status, refusal) => {
            let next = message.status.advance(*status);
            if next != message.status {
                let refusal = refusal.as_ref().filter(|_| next == MessageStatus::Failed);
                let error = refusal.map(|late| (late.provider_error.code.as_str(), &late.provider_error.notice));
                tx.set_message_status(message.id, next, error, at)?;
                if next == MessageStatus::Failed {
                    effect = UpdateEffect::Failed;
                    if let Some(message) = tx.message(message.id)? {
                        answer_failed(tx, &message, next)?;
                    }
                }
            }
        }
        Change::Edit(_) if is_new => tx.set_text_of_latest_edit(message.id)?,
        Change::Edit(_) | Change::Reaction(_) | Change::Deletion => {}
    }
    Ok(Some((message.id, effect)))
}

fn thread_with(tx: &WriteTx<'_>, business: BusinessId, peer: &[PeerAddress]) -> Result<Option<ThreadId>> {
    match resolve::find_any(tx, business, peer)? {
        Some(contact) => tx.thread_with(business, ThreadType::WhatsApp, contact),
        None => Ok(None),
    }
}

/// Selects the message that an update applies to. A delivery status applies only to an outbound message. Contact and
/// business may react to any message, but may edit or delete only their own messages.
fn pick<'a>(known: &'a [KnownMessage], update: &MessageUpdate) -> Option<&'a KnownMessage> {
    let written = |direction| known.iter().find(|message| message.direction == direction);
    match (&update.change, update.actor) {
        (Change::Status(..), _) | (Change::Edit(_) | Change::Deletion, Actor::Phone) => written(Direction::Out),
        (Change::Edit(_) | Change::Deletion, Actor::Contact) => written(Direction::In),
        (Change::Edit(_) | Change::Deletion, Actor::Provider) | (Change::Reaction(_), _) => {
            written(Direction::Out).or(known.first())
        }
    }
}
