//! Messages from the system to the owner.

use super::send::{SendMessageResponse, SendRequest, send};
use crate::domain::{ActorId, PeerAddress, PhoneNumber, Timestamp};
use crate::inbox::policy::RoutingRules;
use crate::store::{Result, WriteTx};
use phonenumber::country;

/// Queues a text to the owner's number, routed by the policy; on failure returns the reason as a sentence.
pub fn notify_owner(
    tx: &WriteTx<'_>,
    to: &str,
    text: String,
    rules: &RoutingRules,
    now: Timestamp,
) -> Result<Result<SendMessageResponse, String>> {
    // The country does not matter for an international number.
    let Ok(to) = PhoneNumber::parse(to, country::IL) else { return Ok(Err(format!("{to} is not a phone number"))) };
    let request = SendRequest::text(PeerAddress::Phone(to), text, ActorId::Daemon.to_string(), now);
    Ok(send(tx, &request, rules, &[], now)?.map_err(|error| error.to_string()))
}
