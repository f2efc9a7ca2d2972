//! The webhooks of Twilio's phone numbers that the owner has replaced.

use super::Error;
use crate::store::WriteTx;

pub use crate::store::ReplacedWebhooks;

/// Keeps the webhooks that are about to be replaced, for an undo. Webhooks that are kept already stay: they are the ones from before
/// the first change. Returns false if that is so.
pub fn keep_webhooks(tx: &WriteTx<'_>, sid: &str, before: &ReplacedWebhooks) -> Result<bool, Error> {
    if tx.replaced_webhooks()?.iter().any(|(known, _)| known == sid) {
        return Ok(false);
    }
    tx.put_replaced_webhooks(sid, before)?;
    Ok(true)
}

/// Forgets the kept webhooks of a number, because they are in use again.
pub fn forget_webhooks(tx: &WriteTx<'_>, sid: &str) -> Result<(), Error> {
    Ok(tx.delete_replaced_webhooks(sid)?)
}
