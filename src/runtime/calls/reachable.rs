//! The phones at which a call may ring.

use crate::config::Config;
use crate::crm::call::IncomingCall;
use crate::domain::PhoneNumber;

/// Returns true if a human agent is configured to whom the call may be transferred.
pub fn can_transfer(config: &Config, call: &IncomingCall) -> bool {
    !reachable(config, call, config.agent.transfer_to.as_slice()).is_empty()
}

/// Returns the phones at which the call may ring: not those that are the caller, were called, or may have forwarded this
/// call, because the call would then return to the daemon.
pub(super) fn reachable(config: &Config, call: &IncomingCall, phones: &[PhoneNumber]) -> Vec<PhoneNumber> {
    if call.may_be_forwarded_back {
        return Vec::new();
    }
    let involved = [&call.from, &call.to, &call.forwarded_from];
    let is_involved = |phone: &PhoneNumber| involved.into_iter().any(|number| is_same(config, number, phone.as_str()));
    phones.iter().filter(|phone| !is_involved(phone)).cloned().collect()
}

/// A text that is not a phone number never matches.
pub(super) fn is_same(config: &Config, one: &str, other: &str) -> bool {
    let parse = |text: &str| PhoneNumber::parse_provider(text, config.business.country).ok();
    parse(one).is_some_and(|one| parse(other) == Some(one))
}
