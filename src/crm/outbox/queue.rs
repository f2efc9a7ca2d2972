//! When queued messages are sent: after a start, after an outage, after a restore.

use crate::crm::Error;
use crate::domain::{ActorId, Notice, OutboxId, Provider, Timestamp};
use crate::store::{Result, WriteTx};

/// Marks the attempts that were running when the daemon ended as unconfirmed; returns how many.
pub fn recover(tx: &WriteTx<'_>, now: Timestamp) -> Result<usize> {
    tx.mark_interrupted_attempts(now)
}

/// Makes the messages that wait for a provider due, because it is up again.
pub fn hasten(tx: &WriteTx<'_>, provider: Provider, now: Timestamp) -> Result<()> {
    tx.make_outbox_due(provider, now)
}

/// Delays a message, and records why.
pub fn postpone(tx: &WriteTx<'_>, id: OutboxId, until: Timestamp, why: &str) -> Result<()> {
    tx.postpone_outbox(id, until, why)
}

/// Releases the messages that are held since a restore; returns how many.
pub fn release_held(tx: &WriteTx<'_>, by: ActorId, now: Timestamp) -> Result<u64, Error> {
    let messages = tx.release_held_outbox(now)?;
    tx.insert_audit(by, "outbox_released", &messages.to_string(), now)?;
    Ok(messages)
}

/// Discards the messages that are held since a restore; returns how many.
pub fn discard_held(tx: &WriteTx<'_>, by: ActorId, now: Timestamp) -> Result<u64, Error> {
    let messages = tx.discard_held_outbox((DISCARDED, &Notice::MessageDiscarded.into()), now)?;
    tx.insert_audit(by, "outbox_discarded", &messages.to_string(), now)?;
    Ok(messages)
}

/// The error code of a discarded message.
const DISCARDED: &str = "discarded_after_restore";
