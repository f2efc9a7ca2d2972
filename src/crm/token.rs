//! Bearer tokens for programs.

use super::{Error, Refusal};
use crate::domain::{ActorId, ApiToken, Role, Timestamp, TokenId, hex};
use crate::entropy;
use crate::store::WriteTx;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A secret that is shown once; the database has its hash alone.
#[derive(Clone)]
pub struct OneTimeSecret {
    text: String,
}

impl OneTimeSecret {
    /// A new token: `agl_` and 256 bits.
    pub fn token() -> Self {
        Self { text: format!("agl_{}", URL_SAFE_NO_PAD.encode(entropy::random_bytes::<32>())) }
    }

    /// A new cookie: 256 bits.
    pub fn cookie() -> Self {
        Self { text: URL_SAFE_NO_PAD.encode(entropy::random_bytes::<32>()) }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> String {
        hash(&self.text)
    }
}

/// What the database keeps of a secret that is random enough not to need salt: SHA-256 in hex.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Adds a token for a program; the caller shows the secret and forgets it.
pub fn create(
    tx: &WriteTx<'_>,
    actor: ActorId,
    name: &str,
    role: Role,
    secret_hash: &str,
    now: Timestamp,
) -> Result<ApiToken, Error> {
    let name = super::user::check_name(name)?;
    let id = tx.insert_token(name, role, secret_hash, now)?;
    tx.insert_audit(actor, "token_created", &ActorId::Token(id).to_string(), now)?;
    Ok(ApiToken { id, name: name.to_owned(), role, created_at: now, last_used_at: None })
}

/// Makes a token good for nothing.
pub fn revoke(tx: &WriteTx<'_>, actor: ActorId, id: TokenId, now: Timestamp) -> Result<(), Error> {
    tx.revoke_token(id, now)?;
    tx.insert_audit(actor, "token_revoked", &ActorId::Token(id).to_string(), now)?;
    Ok(())
}

/// The token that a person means who names it by its number or, where that is not ambiguous, by its name.
pub fn find(tokens: &[ApiToken], which: &str) -> Result<ApiToken, Refusal> {
    if let Some(token) = which.parse().ok().and_then(|id| tokens.iter().find(|token| token.id == TokenId(id))) {
        return Ok(token.clone());
    }
    let mut named = tokens.iter().filter(|token| token.name == which);
    match (named.next(), named.next()) {
        (Some(token), None) => Ok(token.clone()),
        (None, _) => Err(Refusal::NotFound("token")),
        (Some(_), Some(_)) => {
            Err(Refusal::Conflict(format!("there are several tokens called {which}; name it by its number").into()))
        }
    }
}
