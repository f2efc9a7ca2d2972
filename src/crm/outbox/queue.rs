//! Changes to queued messages other than attempts to send them, for example after a start, a panic, an outage or a
//! restore.

use crate::crm::message_clock::MAX_OUTBOX_RETRY;
use crate::crm::{Error, RequestError, thread};
use crate::domain::{ActorId, MessageId, MessageStatus, Notice, OutboxId, Provider, ScheduledState, Timestamp};
use crate::inbox::delivery::Delivery;
use crate::store::{Result, WriteTx};

/// Marks the attempts that the daemon's exit interrupted as unconfirmed. Returns their number.
pub fn recover(tx: &WriteTx<'_>, now: Timestamp) -> Result<usize> {
    tx.mark_interrupted_attempts(now)
}

/// After a panic in an attempt: marks the message as unconfirmed if the attempt had started to send it. Its next step
/// is due at `at`.
pub fn recover_one(tx: &WriteTx<'_>, id: OutboxId, at: Timestamp, now: Timestamp) -> Result<()> {
    tx.mark_panicked_attempt(id, at, now)
}

/// Makes messages due that wait for a provider, because the provider is up again.
pub fn hasten(tx: &WriteTx<'_>, provider: Provider, now: Timestamp) -> Result<()> {
    tx.make_outbox_due(provider, now)
}

/// Makes postponed messages due now, because the reason may no longer apply. Otherwise the outbox postpones them again.
pub fn hasten_postponed(tx: &WriteTx<'_>, now: Timestamp) -> Result<()> {
    tx.hasten_late_outbox(now.plus(MAX_OUTBOX_RETRY), now)
}

/// Postpones a message that must not be sent before `until`.
pub fn postpone(tx: &WriteTx<'_>, id: OutboxId, mut delivery: Delivery, until: Timestamp, why: &str) -> Result<()> {
    let next_attempt_at = delivery.postpone(until);
    tx.postpone_outbox(id, next_attempt_at, delivery.expires_at, why)
}

/// Cancels a queued message. A message whose outcome is being awaited or is unknown cannot be cancelled, because the
/// contact may receive it.
pub fn cancel(tx: &WriteTx<'_>, id: MessageId, now: Timestamp) -> Result<(), Error> {
    let message = tx.message(id)?.ok_or(RequestError::NotFound("message"))?;
    if !tx.cancel_outbox(id, CANCELLED, now)? {
        return Err(RequestError::Conflict("the message is not queued; it may have been sent already".into()).into());
    }
    tx.set_message_status(id, MessageStatus::Failed, Some((CANCELLED, &Notice::MessageCancelled.into())), now)?;
    Ok(thread::answer_failed(tx, &message, MessageStatus::Failed)?)
}

/// Releases the queued and the scheduled messages that a restore has put on hold. Returns their number.
pub fn release_held(tx: &WriteTx<'_>, by: ActorId, now: Timestamp) -> Result<u64, Error> {
    let messages = tx.release_held_outbox(now)? + tx.release_held_scheduled(now)?;
    tx.insert_audit(by, "outbox_released", &messages.to_string(), now)?;
    Ok(messages)
}

/// Discards the queued and the scheduled messages that a restore has put on hold. Returns their number.
pub fn discard_held(tx: &WriteTx<'_>, by: ActorId, now: Timestamp) -> Result<u64, Error> {
    let queued = tx.discard_held_outbox((DISCARDED, &Notice::MessageDiscarded.into()), now)?;
    let scheduled = tx.held_scheduled()?;
    for message in &scheduled {
        tx.end_scheduled(message.id, ScheduledState::Cancelled, None, None, now)?;
    }
    let messages = queued + scheduled.len() as u64;
    tx.insert_audit(by, "outbox_discarded", &messages.to_string(), now)?;
    Ok(messages)
}

const DISCARDED: &str = "discarded_after_restore";
const CANCELLED: &str = "cancelled";
