//! The former webhooks of Twilio phone numbers that the owner directed to the daemon.

use super::Error;
use crate::store::WriteTx;

pub use crate::store::ReplacedWebhooks;

/// Stores the webhooks of a phone number before they are replaced, so that the change can be undone. If the number's
/// calls go to `own_voice_url` already, those of an earlier change stay stored. Returns the webhooks that were stored
/// before.
pub fn keep_webhooks(
    tx: &WriteTx<'_>,
    sid: &str,
    before: &ReplacedWebhooks,
    own_voice_url: &str,
) -> Result<Option<ReplacedWebhooks>, Error> {
    let earlier = tx.replaced_webhooks()?.into_iter().find(|(known, _)| known == sid).map(|(_, earlier)| earlier);
    if earlier.is_none() || before.voice_url != own_voice_url {
        tx.put_replaced_webhooks(sid, before)?;
    }
    Ok(earlier)
}

/// Undoes [`keep_webhooks`], after the webhooks of the number could not be replaced.
pub fn restore_kept_webhooks(tx: &WriteTx<'_>, sid: &str, earlier: Option<&ReplacedWebhooks>) -> Result<(), Error> {
    match earlier {
        Some(earlier) => Ok(tx.put_replaced_webhooks(sid, earlier)?),
        None => forget_webhooks(tx, sid),
    }
}

/// Deletes the stored webhooks of a number, after they were restored at Twilio.
pub fn forget_webhooks(tx: &WriteTx<'_>, sid: &str) -> Result<(), Error> {
    Ok(tx.delete_replaced_webhooks(sid)?)
}
