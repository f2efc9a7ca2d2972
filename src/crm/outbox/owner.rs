//! A message to the owner, from the house itself.

use super::send::{SendAnswer, SendRequest, send};
use crate::domain::{ActorId, BusinessId, PeerAddress, PhoneNumber, Timestamp};
use crate::entropy;
use crate::inbox::policy::Rules;
use crate::store::{Result, WriteTx};
use phonenumber::country;

/// Puts a text to the owner's number into the outbox, by the policy's way; why not, as a sentence.
pub fn send_to_owner(
    tx: &WriteTx<'_>,
    to: &str,
    text: String,
    rules: &Rules,
    now: Timestamp,
) -> Result<Result<SendAnswer, String>> {
    // The country does not matter where the number names its own.
    let Ok(to) = PhoneNumber::parse(to, country::IL) else { return Ok(Err(format!("{to} is no phone number"))) };
    let request = SendRequest {
        business: BusinessId::FIRST,
        to: PeerAddress::Phone(to),
        text,
        media_url: None,
        named: None,
        author: ActorId::Daemon.to_string(),
        idempotency_key: None,
        new_chats: None,
        send_key: entropy::random_hex::<16>(),
        written_at: now,
    };
    Ok(send(tx, &request, rules, &[], now)?.map_err(|error| error.to_string()))
}
