//! Status callbacks for attempts that a provider rejects after it had accepted them.
//!
//! Such a rejection closes the attempt and returns the message to the outbox. `inbox::delivery` then decides about a
//! retry, as after an immediate rejection. Both changes happen in one transaction. The provider's id of the closed
//! attempt is kept, so that a repeated callback for that attempt does not send the message again.

use crate::domain::{LateRefusal, MessageEventKind, MessageId, MessageStatus, Provider, Timestamp};
use crate::inbox::delivery::closed_routes;
use crate::inbox::policy::Route;
use crate::store::{KnownMessage, NewMessageEvent, OutboxState, Result, WriteTx};

/// If the message does not wait for delivery by this attempt, the rejection is handled as an ordinary status.
pub fn refuse_late(
    tx: &WriteTx<'_>,
    message: &KnownMessage,
    (provider, provider_msg_id): (Provider, &str),
    late: &LateRefusal,
    now: Timestamp,
) -> Result<LateOutcome> {
    let awaits_delivery = matches!(message.status, MessageStatus::Queued | MessageStatus::Sent);
    let Some(send) = tx.accepted_send(message.id)?.filter(|_| awaits_delivery) else {
        return Ok(LateOutcome::NotAwaited);
    };
    if send.state != OutboxState::Done || send.provider != provider {
        return Ok(LateOutcome::NotAwaited);
    }
    if !tx.insert_refused_attempt(message.id, provider, provider_msg_id, &late.provider_error, now)? {
        return Ok(LateOutcome::Repeated);
    }
    let refused = closed_routes(send.refused, Route { provider, template: send.template }, late.refusal);
    tx.requeue_outbox(send.id, &refused, late, now)?;
    let detail =
        serde_json::json!({ "code": late.provider_error.code, "error": late.provider_error.notice }).to_string();
    tx.insert_message_event(&NewMessageEvent {
        message: message.id,
        kind: MessageEventKind::Status,
        value: MessageStatus::Failed.as_str(),
        actor: "",
        provider,
        provider_event_id: None,
        at: now,
        is_timed: false,
        detail: Some(&detail),
    })?;
    Ok(LateOutcome::Requeued)
}

pub enum LateOutcome {
    /// The outbox does not wait for the delivery by this provider. Nothing was changed.
    NotAwaited,
    /// The refusal of this attempt is stored already. Nothing was changed.
    Repeated,
    /// The outbox tries the next route, or marks the message as failed if there is none.
    Requeued,
}

/// Applies a status of an attempt that was rejected late. Returns the message; `None` if no such attempt exists. The
/// status is used only if it reports a delivery and the message counts as undelivered, or if the message was delivered by
/// this attempt after all and was read.
pub fn status_of_refused_attempt(
    tx: &WriteTx<'_>,
    (provider, provider_msg_id): (Provider, &str),
    status: MessageStatus,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<MessageId>> {
    let mut found = None;
    for id in tx.refused_attempt(provider, provider_msg_id)? {
        let Some(message) = tx.message(id)? else { continue };
        found = Some(id);
        let has_arrived = matches!(message.status, MessageStatus::Delivered | MessageStatus::Read);
        let is_own = message.provider == Some(provider) && message.provider_msg_id.as_deref() == Some(provider_msg_id);
        let next = message.status.advance(status);
        let is_later = next != message.status && matches!(next, MessageStatus::Delivered | MessageStatus::Read);
        if is_later && (is_own || !has_arrived) {
            tx.set_message_status(id, next, None, at)?;
            tx.mark_outbox_delivered(id, now)?;
        }
    }
    Ok(found)
}
