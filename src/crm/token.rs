//! Bearer tokens for API clients.

use super::{Error, RequestError};
use crate::domain::{ActorId, ApiToken, Role, Timestamp, TokenId, hex};
use crate::entropy;
use crate::store::{NewApiToken, WriteTx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A secret that is shown once; the database has only its hash.
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

    /// A secret that was issued before and that a client sent back.
    pub fn returned(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// Derives another secret, which can be computed only from this one and does not reveal it.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self { text: hash(&format!("{purpose} {}", self.text)) }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The hash that is stored in the database.
    pub fn hash(&self) -> String {
        hash(&self.text)
    }
}

/// The stored hash of a secret that is random enough to need no salt: SHA-256 in hex.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Creates a token; the caller shows the secret and does not keep it. From `expires_at` on it is not accepted.
pub fn create(
    tx: &WriteTx<'_>,
    actor: ActorId,
    name: &str,
    role: Role,
    secret_hash: &str,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<ApiToken, Error> {
    let name = super::user::check_name(name)?;
    if expires_at.is_some_and(|at| at <= now) {
        return Err(RequestError::Invalid("expires_at must be in the future".into()).into());
    }
    let user = match actor {
        ActorId::User(id) => Some(id),
        ActorId::Token(id) => tx.user_of_token(id)?,
        ActorId::CommandLine | ActorId::Agent | ActorId::Phone | ActorId::Daemon | ActorId::Unauthenticated => None,
    };
    let created_by = actor.to_string();
    let new = NewApiToken { name: &name, role, now, created_by: &created_by, user, expires_at };
    let id = tx.insert_token(secret_hash, &new)?;
    tx.insert_audit(actor, "token_created", &ActorId::Token(id).to_string(), now)?;
    let user_name = user.map(|id| tx.user(id)).transpose()?.flatten().map(|user| user.name);
    Ok(ApiToken {
        id,
        name,
        role,
        created_at: now,
        last_used_at: None,
        created_by: Some(created_by),
        user_name,
        expires_at,
    })
}

/// Revokes a token.
pub fn revoke(tx: &WriteTx<'_>, actor: ActorId, id: TokenId, now: Timestamp) -> Result<(), Error> {
    tx.revoke_token(id, now)?;
    tx.insert_audit(actor, "token_revoked", &ActorId::Token(id).to_string(), now)?;
    Ok(())
}

/// Finds the token with this number or, if that is not ambiguous, with this name.
pub fn find(tokens: &[ApiToken], which: &str) -> Result<ApiToken, RequestError> {
    if let Some(token) = which.parse().ok().and_then(|id| tokens.iter().find(|token| token.id == TokenId(id))) {
        return Ok(token.clone());
    }
    let mut named = tokens.iter().filter(|token| token.name == which);
    match (named.next(), named.next()) {
        (Some(token), None) => Ok(token.clone()),
        (None, _) => Err(RequestError::NotFound("token")),
        (Some(_), Some(_)) => {
            Err(RequestError::Conflict(format!("there are several tokens named {which}; use the number").into()))
        }
    }
}
