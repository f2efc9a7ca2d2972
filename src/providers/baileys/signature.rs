//! Authentication of the bridge's webhooks: an HMAC of the body, or the secret itself.

use crate::config::{Secret, WhatsAppConfig};
use crate::domain::{hex, is_hex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The header with the lower-case hex HMAC-SHA256 of the raw body.
pub const SIGNATURE: &str = "x-baileys-signature";
/// The header with the secret itself.
pub const SECRET: &str = "x-baileys-secret";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'h> {
    /// The secret is correct, so the bridge sent the webhook. The body needs no verification.
    Token,
    /// A signature, which [`is_signed`] must verify against the body.
    Signature(&'h [u8]),
    /// The headers contain no valid secret and no signature. The webhook is rejected before its body is read.
    None,
}

/// Either of the two headers is sufficient. Checks only the form of a signature, which [`is_signed`] verifies. If no
/// secret is configured, every webhook is rejected.
pub fn proof<'h>(config: &WhatsAppConfig, signature: Option<&'h [u8]>, token: Option<&[u8]>) -> Proof<'h> {
    let has_token = token
        .zip(config.token_secret())
        .is_some_and(|(token, secret)| bool::from(secret.expose().as_bytes().ct_eq(token)));
    match signature.filter(|text| text.len() == HEX_BYTES && is_hex(text)).zip(config.hmac_secret()) {
        _ if has_token => Proof::Token,
        Some((signature, _)) => Proof::Signature(signature),
        None => Proof::None,
    }
}

pub fn is_signed(config: &WhatsAppConfig, signature: &[u8], body: &[u8]) -> bool {
    config.hmac_secret().is_some_and(|key| bool::from(sign(key, body).as_bytes().ct_eq(signature)))
}

/// The length of a SHA-256 digest in hex.
const HEX_BYTES: usize = 64;

/// Returns the hex signature of a body.
pub fn sign(key: &Secret, body: &[u8]) -> String {
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return String::new() };
    mac.update(body);
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(shared: &str, webhook: &str) -> WhatsAppConfig {
        WhatsAppConfig {
            shared_secret: Some(Secret::new(shared)),
            webhook_secret: Some(Secret::new(webhook)),
            ..WhatsAppConfig::default()
        }
    }

    #[test]
    fn the_signature_agrees_with_rfc_4231() {
        assert_eq!(
            sign(&Secret::new("Jefe"), b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    fn is_valid(config: &WhatsAppConfig, signature: Option<&[u8]>, token: Option<&[u8]>, body: &[u8]) -> bool {
        match proof(config, signature, token) {
            Proof::Token => true,
            Proof::Signature(signature) => is_signed(config, signature, body),
            Proof::None => false,
        }
    }

    #[test]
    fn either_proof_is_enough_and_each_secret_replaces_the_other() {
        let body = b"{}";
        for (config, key, token) in [
            (config("key-1", "token-1"), "key-1", "token-1"),
            (config("key-1", ""), "key-1", "key-1"),
            (config("", "token-1"), "token-1", "token-1"),
        ] {
            let signature = sign(&Secret::new(key), body);
            assert!(is_valid(&config, Some(signature.as_bytes()), None, body));
            assert!(is_valid(&config, None, Some(token.as_bytes()), body));
            assert!(is_valid(&config, Some(b"wrong"), Some(token.as_bytes()), body));
            assert!(!is_valid(&config, Some(signature.to_uppercase().as_bytes()), None, body));
            assert!(!is_valid(&config, Some(signature.as_bytes()), None, b"{ }"));
            assert!(!is_valid(&config, None, Some(b"wrong"), body));
            assert!(!is_valid(&config, None, None, body));
        }
        let none = WhatsAppConfig::default();
        let signature = sign(&Secret::new(""), body);
        assert!(!is_valid(&none, Some(signature.as_bytes()), Some(b""), body));
    }
}
