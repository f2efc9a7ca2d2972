//! The token that binds a media socket to a call. Twilio's signature of a socket does not cover the call. Therefore the
//! client must send a token that only the daemon's TwiML response to Twilio contained.

use crate::config::Secret;
use crate::domain::{CallSid, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The lifetime of a token. It covers the greeting, delays at Twilio, and a reserve.
const LIFETIME: Duration = Duration::from_mins(2);

/// Issues a token (`expiry.mac`) for this call. The token is valid for two minutes.
pub fn issue(key: &Secret, call: &CallSid, now: Timestamp) -> String {
    let expires = now.plus(LIFETIME).as_secs();
    format!("{expires}.{}", URL_SAFE_NO_PAD.encode(mac(key, call, expires)))
}

pub fn is_valid<'k>(mut keys: impl Iterator<Item = &'k Secret>, call: &CallSid, token: &str, now: Timestamp) -> bool {
    let Some((expires, given)) = token.split_once('.') else { return false };
    let (Ok(expires), Ok(given)) = (expires.parse::<i64>(), URL_SAFE_NO_PAD.decode(given)) else { return false };
    expires >= now.as_secs() && keys.any(|key| bool::from(mac(key, call, expires).ct_eq(&given[..])))
}

fn mac(key: &Secret, call: &CallSid, expires: i64) -> [u8; 32] {
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return [0; 32] };
    mac.update(b"agentlocator media stream\0");
    mac.update(call.as_str().as_bytes());
    mac.update(&expires.to_be_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "CA00000000000000000000000000000001";

    #[test]
    fn a_token_is_valid_for_one_call_and_a_short_time() {
        let (key, other) = (Secret::new("k"), Secret::new("o"));
        let (call, now) = (CALL.parse().unwrap(), Timestamp::from_millis(1_700_000_000_000));
        let token = issue(&key, &call, now);
        let valid =
            |key: &Secret, call: &str, token: &str, at| is_valid([key].into_iter(), &call.parse().unwrap(), token, at);
        assert!(valid(&key, CALL, &token, now));
        assert!(valid(&key, CALL, &token, now.plus(Duration::from_secs(119))));
        assert!(!valid(&key, CALL, &token, now.plus(Duration::from_secs(121))));
        assert!(!valid(&key, "CA00000000000000000000000000000002", &token, now));
        assert!(!valid(&other, CALL, &token, now));
        for forged in ["", ".", "x.y", "99999999999.AAAA", &token[..token.len() - 2], &format!("9{token}")] {
            assert!(!valid(&key, CALL, forged, now), "{forged}");
        }
    }
}
