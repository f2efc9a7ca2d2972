//! The former webhooks of Twilio phone numbers that the owner directed to the daemon.

use super::Error;
use crate::store::WriteTx;

pub use crate::store::ReplacedWebhooks;

/// Stores the webhooks of a phone number before they are replaced, so that the change can be undone. Returns false, and
/// stores nothing, if webhooks are stored for the number already, because those are from before the first change.
pub fn keep_webhooks(tx: &WriteTx<'_>, sid: &str, before: &ReplacedWebhooks) -> Result<bool, Error> {
    if tx.replaced_webhooks()?.iter().any(|(known, _)| known == sid) {
        return Ok(false);
    }
    tx.put_replaced_webhooks(sid, before)?;
    Ok(true)
}

/// Deletes the stored webhooks of a number, after they were restored at Twilio.
pub fn forget_webhooks(tx: &WriteTx<'_>, sid: &str) -> Result<(), Error> {
    Ok(tx.delete_replaced_webhooks(sid)?)
}
